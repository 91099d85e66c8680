"""The sentences that the composer's scripts say, in the language of the page."""

from admin.speaking import page_language
from admin.words.catalogue import CATALOGUE, FIRST

PREFIX = "script."
NAMES = tuple(key.removeprefix(PREFIX) for key in CATALOGUE[FIRST] if key.startswith(PREFIX))


def script_words() -> dict[str, str]:
    """Every sentence of the scripts, by its name there; the scripts fill in the places."""
    spoken = CATALOGUE.get(page_language(), CATALOGUE[FIRST])
    return {name: spoken.get(f"script.{name}", CATALOGUE[FIRST][f"script.{name}"]) for name in NAMES}
