"""The likely correction of a word that is not among the known ones."""

import difflib
from collections.abc import Collection


def did_you_mean(word: str, known: Collection[str]) -> str:
    """'Did you mean online?', or "" where nothing is near."""
    by_folded = {name.casefold(): name for name in known}
    nearest = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return f"Did you mean {by_folded[nearest[0]]}?" if nearest else ""


def one_of(known: Collection[str]) -> str:
    """'Known are image, quote and text.'"""
    *others, last = sorted(known)
    return f"Known are {', '.join(others)} and {last}." if others else f"Known is {last}."
