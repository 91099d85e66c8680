"""The set-up scripts: what they decide, without installing anything."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent


def _script(name: str) -> ModuleType:
    """A module of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


assets = _script("assets")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with sources of assets, built."""
    sources, built = tmp_path / assets.SOURCES, tmp_path / assets.BUILT
    (sources / "src").mkdir(parents=True)
    built.mkdir(parents=True)
    (sources / "package.json").write_text("{}")
    (sources / "src" / "main.js").write_text("start()")
    (tmp_path / assets.STAMP).write_text(assets.stamp(tmp_path))
    return tmp_path


def test_built_assets_are_current(checkout: Path) -> None:
    assert assets.are_current(checkout)


@pytest.mark.parametrize("change", ["src/main.js", "src/other.js", "package.json", "package-lock.json"])
def test_any_change_of_a_source_asks_for_a_build(checkout: Path, change: str) -> None:
    (checkout / assets.SOURCES / change).write_text("changed")
    assert not assets.are_current(checkout)


def test_installed_node_modules_do_not_ask_for_a_build(checkout: Path) -> None:
    modules = checkout / assets.SOURCES / "node_modules"
    modules.mkdir()
    (modules / "any.js").write_text("downloaded()")
    assert assets.are_current(checkout)


def test_a_checkout_without_sources_of_assets_has_nothing_to_build(tmp_path: Path) -> None:
    assert assets.are_current(tmp_path)
    assert assets.needed_packages(tmp_path) == []


def test_node_is_fetched_only_where_there_is_none_and_something_to_build(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert assets.needed_packages(checkout) == []
    (checkout / assets.SOURCES / "src" / "main.js").write_text("changed")
    assert assets.needed_packages(checkout) == [assets.NODE_PACKAGE]


@pytest.mark.parametrize(("answer", "usable"), [("v12.22.9", False), ("v18.20.4", True), ("v24.1.0", True), ("nonsense", False)])
def test_a_node_that_is_too_old_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, usable: bool) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {answer}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (assets.system_npm() is not None) == usable


def test_make_alone_tells_every_target_and_what_it_does() -> None:
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = [line.partition(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if ":  ## " in line and line[0].isalpha()]
    assert targets == ["help", "setup", "run", "test", "chaos", "check", "lock"]
    assert [target for target in targets if f"make {target} " not in told] == []


def test_a_python_that_is_too_old_is_told_with_the_way_out(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "scripts/python", "-c", ""], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "apt-get install" in done.stderr


def _run_python(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(["/bin/sh", "scripts/python", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def _stand_in(path: Path, *, optimised: bool) -> None:
    """A Python that says its name when it is run, and to questions about itself what a new one answers."""
    answer = "exit 0" if optimised else 'case "$2" in *optimised*) exit 1;; *) exit 0;; esac'
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/sh\nif [ "$1" = -c ]; then {answer}; fi\necho "{path.parent.name}/{path.name} $*"\n')
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("optimised", "chosen"),
    [((False, True), "second/python3"), ((True, True), "first/python3"), ((False, False), "first/python3")],
    ids=["the second is optimised", "both are", "none is"],
)
def test_a_python_built_without_optimisation_is_used_only_where_there_is_no_other(
    tmp_path: Path, optimised: tuple[bool, bool], chosen: str
) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder, is_optimised in zip(folders, optimised, strict=True):
        _stand_in(folder / "python3", optimised=is_optimised)
    assert _run_python({"PATH": ":".join(map(str, folders))}, "a script", "b") == f"{chosen} a script b\n"


def test_the_python_that_somebody_names_is_used(tmp_path: Path) -> None:
    _stand_in(tmp_path / "first" / "python3", optimised=True)
    _stand_in(tmp_path / "my own" / "python", optimised=False)
    environment = {"PATH": str(tmp_path / "first"), "PYTHON": str(tmp_path / "my own" / "python")}
    assert _run_python(environment, "a") == "my own/python a\n"


@pytest.mark.parametrize("named", ["old", "not there"])
def test_a_named_python_that_cannot_be_used_is_told_and_no_other_taken_in_silence(tmp_path: Path, named: str) -> None:
    _stand_in(tmp_path / "python3", optimised=True)
    (tmp_path / "old").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "old").chmod(0o755)
    environment = {"PATH": str(tmp_path), "PYTHON": str(tmp_path / named)}
    done = subprocess.run(["/bin/sh", "scripts/python", "a"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"PYTHON={tmp_path / named} is no Python 3.11 or newer" in done.stderr


def test_a_missing_venv_package_is_named_where_it_cannot_be_installed() -> None:
    """The set-up's own decision, in a process where Debian's package is missing and nothing may be installed."""
    code = (
        "import sys; sys.path.insert(0, 'scripts'); import environment, system\n"
        "system.administrator = lambda: None\n"
        "try: environment._install_venv_package()\n"
        "except system.Stop as reason: print(reason)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert told.splitlines() == [f"The system package {package} is missing.", f"Install it with: sudo apt-get install {package}"]
