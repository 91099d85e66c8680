"""make lock: the newest packages that pyproject.toml allows, by version and hash, without the address of any index."""

import shutil

import environment
from system import Stop, exit_with, run, say

SOURCES = {"base": (), "dev": ("--group", "dev", "--constraint", environment.LOCKS["base"])}


def main() -> int:
    environment.prepare("dev")
    for kind, sources in SOURCES.items():
        _lock(environment.LOCKS[kind], sources)
    return 0


def _lock(name: str, sources: tuple[str, ...]) -> None:
    say(f"writing {name}")
    uv = shutil.which("uv") or str(environment.PYTHON.parent / "uv")
    plain = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--quiet", "--upgrade")
    told = ("--python-version", "3.11", "--custom-compile-command", "make lock", "--output-file", name)
    if not run(uv, "pip", "compile", *plain, *told, *sources, "pyproject.toml", cwd=str(environment.ROOT)):
        raise Stop(f"{name} was not written; the reason stands above.")


exit_with(main)
