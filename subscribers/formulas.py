"""Cells that a spreadsheet would run as a formula: neutralised on the way out, restored on the way in (OWASP CSV injection)."""

import re

# The full-width forms too: a spreadsheet set up for Japanese or Chinese takes them for the plain ones.
_STARTS = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_LIVE = re.compile(f"'*{_STARTS}")
_QUIETED = re.compile(f"'+{_STARTS}")


def quieted(cell: str) -> str:
    """The cell with an apostrophe in front where a spreadsheet would take it for a formula; `restored` is its exact inverse."""
    return f"'{cell}" if _LIVE.match(cell) else cell


def restored(cell: str) -> str:
    """The cell as it was before `quieted`."""
    return cell[1:] if _QUIETED.match(cell) else cell
