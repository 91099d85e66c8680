"""Hatch's build hook: no wheel and no editable install without the admin's assets."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "scripts"))

import assets


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Bundles admin/frontend into admin/static/dist before anything is packed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return assets.needed_packages(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        assets.build(Path(self.root))
