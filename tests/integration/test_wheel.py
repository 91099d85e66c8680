"""The wheel: what an installation without a checkout gets."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def _files(folder: str, *endings: str) -> set[str]:
    """The files of the checkout that an installation needs."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.suffix in endings and "node_modules" not in path.parts and "frontend" not in path.parts
    }


@pytest.mark.parametrize("folder", ["newsroom", "subscribers", "admin"])
def test_the_wheel_has_every_module_template_and_stylesheet(folder: str, names: set[str]) -> None:
    assert _files(folder, ".py", ".j2", ".html", ".txt", ".css", ".yaml", ".mako", ".toml", ".png", ".svg") - names == set()


def test_the_wheel_has_the_built_assets_of_the_admin(names: set[str]) -> None:
    built = {name for name in names if name.startswith("admin/static/dist/")}
    assert any(name.endswith(".js") for name in built)
    assert any(name.endswith(".css") for name in built)


def test_the_wheel_has_the_licence_and_the_migrations(names: set[str]) -> None:
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert "newsroom/migrations/versions/0001_first_schema.py" in names


def test_the_wheel_has_neither_tests_nor_sources_of_assets(names: set[str]) -> None:
    assert {name for name in names if name.startswith(("tests/", "scripts/", "docs/", "admin/frontend/"))} == set()
