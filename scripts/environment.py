"""The environment: .venv with the locked packages and Newsroom itself, made once and kept as long as nothing changed."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import assets
from system import Stop, install_packages, run, say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = ROOT / ".make"
LOCKS = {"base": "requirements.lock", "dev": "requirements-dev.lock"}


def prepare(kind: str) -> None:
    """Make .venv what `kind` ('base' or 'dev') needs; a fraction of a second when it is so already."""
    if not _venv_works():
        _make_venv()
    _install_packages_of(kind)
    _install_newsroom()


def _venv_works() -> bool:
    """Whether .venv was made to its end, runs, and stands where it was made."""
    if not PYTHON.exists() or subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode:
        return False
    place = STAMPS / "place"
    return not place.exists() or place.read_text() == str(ROOT)


def _make_venv() -> None:
    say("making the environment .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    shutil.rmtree(STAMPS, ignore_errors=True)
    if not _make_venv_with_uv() and not _make_venv_with_pip():
        raise Stop(f"The environment {VENV} could not be made; the reason stands above.")
    _stamp("place", str(ROOT))


def _make_venv_with_uv() -> bool:
    uv = shutil.which("uv")
    return uv is not None and run(uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(VENV))


def _make_venv_with_pip() -> bool:
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_package()
    return run(sys.executable, "-m", "venv", "--clear", str(VENV))


def _install_venv_package() -> None:
    """Debian keeps ensurepip, without which no environment can be made, in a package of its own."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not install_packages([package]):
        raise Stop(f"The system package {package} is missing.\nInstall it with: sudo apt-get install {package}")


def _install_packages_of(kind: str) -> None:
    lock = ROOT / LOCKS[kind]
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not _is_stamped(f"{kind}-packages", wanted):
        say(f"installing the packages of {lock.name}")
        _install("--require-hashes", "-r", str(lock))
        _stamp(f"{kind}-packages", wanted)


def _install_newsroom() -> None:
    """Editable, through the build hook that makes the admin's assets."""
    parts = (ROOT / "pyproject.toml").read_bytes() + (ROOT / "hatch_build.py").read_bytes() + assets.stamp(ROOT).encode()
    wanted = hashlib.sha256(parts).hexdigest()
    if not _is_stamped("newsroom", wanted) or not assets.are_current(ROOT):
        say("installing Newsroom and building its assets")
        _install("--no-deps", "--editable", str(ROOT))
        _stamp("newsroom", wanted)


def _install(*arguments: str) -> None:
    uv = shutil.which("uv")
    if uv and run(uv, "pip", "install", "--quiet", "--python", str(PYTHON), *arguments):
        return
    if not run(str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments):
        raise Stop("A package could not be installed; the reason stands above. Is the Python package index within reach?")


def _is_stamped(name: str, wanted: str) -> bool:
    path = STAMPS / name
    return path.exists() and path.read_text() == wanted


def _stamp(name: str, text: str) -> None:
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / name).write_text(text)
