"""Typography a writer need not think of: the spaces that French keeps unbroken."""

import re

NO_BREAK = "\u00a0"
FRENCH = re.compile("(?<=«) | (?=[»:;?!])")


def typeset(text: str, language: str) -> str:
    """The text as it is printed in its language; only the kind of a space ever changes."""
    return FRENCH.sub(NO_BREAK, text) if language.partition("-")[0] == "fr" else text
