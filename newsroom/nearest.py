"""The likely correction of a word that is not among the known ones."""

import difflib
from collections.abc import Collection


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that was probably meant, whatever its case."""
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """'Did you mean online?', or "" where nothing is near."""
    found = nearest(word, known)
    return f"Did you mean {found}?" if found is not None else ""


def one_of(known: Collection[str]) -> str:
    """'Known are image, quote and text.'"""
    *others, last = sorted(known)
    return f"Known are {', '.join(others)} and {last}." if others else f"Known is {last}."
