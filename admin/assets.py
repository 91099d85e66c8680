"""The bundled styles and scripts: which file stands for a name, as the build's manifest says."""

import json
from collections.abc import Mapping
from pathlib import Path

DIST = Path(__file__).parent / "static" / "dist"


def load_manifest(folder: Path = DIST) -> Mapping[str, str]:
    """Name -> file. Without a build the pages work unstyled; `newsroom doctor` and the wheel's build hook care for the rest."""
    try:
        return dict(json.loads((folder / "manifest.json").read_text()))
    except FileNotFoundError:
        return {}
