"""Typography a writer need not think of: the spaces that French keeps unbroken."""

import re

from newsroom.sections.values import printable

NO_BREAK = "\u00a0"
FRENCH = re.compile("(?<=«) | (?=[»:;?!])")


LINE_BREAKS = re.compile("[\t\r\n\x0b\f\x85\u2028\u2029]+ *")


def one_line(text: str) -> str:
    """Printable, and without line breaks: for titles, names and labels."""
    return LINE_BREAKS.sub(" ", printable(text))


def typeset(text: str, language: str) -> str:
    """The text as it is printed in its language; only the kind of a space ever changes."""
    return FRENCH.sub(NO_BREAK, text) if language.partition("-")[0] == "fr" else text
