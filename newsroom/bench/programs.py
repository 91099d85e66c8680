"""The programs of others that a benchmark needs, found where Debian and others keep them, or missed with the next step."""

import os
import shutil
from pathlib import Path

from newsroom.errors import Refused

POSTFIX_PLACES = "/usr/sbin:/usr/local/sbin:/usr/libexec/postfix:/usr/lib/postfix/sbin"


def postfix_program(name: str) -> str:
    """smtp-sink or smtp-source."""
    found = shutil.which(name) or shutil.which(name, path=POSTFIX_PLACES)
    if found is None:
        raise Refused(f"{name} was not found, and nothing can be measured without it; it is in Postfix: apt-get install postfix")
    return found


def postgresql_programs() -> Path | None:
    """The folder of initdb and postgres, the newest where there are several."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return homes[-1].parent if homes else None


def _version(initdb: Path) -> int:
    name = initdb.parent.parent.name
    return int(name) if name.isdecimal() else 0


def runs_as_root() -> bool:
    return os.geteuid() == 0
