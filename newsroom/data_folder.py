"""What a data folder remembers of its installation, beside the database and outside of it: whose it is, and how far it had got.

The file knows its own place. A copy of it has another inode number, on a file system where these last; and outside of
containers, which get a new name at every deploy, a local disk also remembers the machine.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from newsroom.files import draft_beside, sync_folder

FILE = "installation.json"
LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs"})
#: File systems whose inode numbers outlive a mount.
LASTING = LOCAL | {"nfs", "nfs4", "ceph", "overlay"}
SIGNS_OF_A_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"), Path("/run/systemd/container"))
MOUNTS = Path("/proc/self/mountinfo")
MACHINE = Path("/etc/machine-id")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the file lies; 0 and "" are facts that this file system or machine cannot tell."""

    inode: int = 0
    machine: str = ""

    def differs(self, other: "Place") -> bool:
        """In a fact that both know."""
        pairs = ((self.inode, other.inode), (self.machine, other.machine))
        return any(mine and theirs and mine != theirs for mine, theirs in pairs)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """`beat` is the highest that this folder has seen committed in the database, at `at`."""

    identity: str
    beat: int
    at: datetime
    noted: Place
    found: Place

    @property
    def moved(self) -> bool:
        return self.noted.differs(self.found)


def recall(folder: Path) -> Memory | None:
    """None where nothing is remembered, or nothing that can be read: such a folder is new to the installation."""
    try:
        with (folder / FILE).open("rb") as file:
            found = _place(folder, os.fstat(file.fileno()).st_ino)
            facts = json.load(file)
        noted = Place(inode=facts["inode"], machine=facts["machine"])
        at = datetime.fromisoformat(facts["at"])
        return Memory(identity=str(facts["identity"]), beat=int(facts["beat"]), at=at, noted=noted, found=found)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def remember(folder: Path, *, identity: str, beat: int, at: datetime) -> None:
    """After the commit. Of several processes on one folder the one that is furthest is remembered."""
    known = recall(folder)
    if known and known.identity == identity and known.beat >= beat and not known.moved:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, draft = folder / FILE, draft_beside(folder / FILE)
    try:
        _write(draft, {"identity": identity, "beat": beat, "at": at.isoformat()})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(folder)


def _write(draft: Path, facts: dict[str, object]) -> None:
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
        place = _place(draft.parent, os.fstat(file.fileno()).st_ino)
        file.write(json.dumps({**facts, "inode": place.inode, "machine": place.machine}).encode())
        file.flush()
        os.fsync(file.fileno())


def _place(folder: Path, inode: int) -> Place:
    kind = file_system_of(folder.resolve(), mounts())
    return Place(inode=inode if kind in LASTING else 0, machine=_machine() if kind in LOCAL else "")


def mounts() -> str:
    """This process's /proc/self/mountinfo; "" where there is none."""
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def file_system_of(folder: Path, mountinfo: str) -> str:
    """The kind of file system a folder lies on; "" where that is not to be had."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        words = before.split()
        point = Path(words[4].replace("\\040", " ")) if len(words) > 4 else None
        if point and (folder == point or point in folder.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ", 1)[0]
    return kind


def _machine() -> str:
    """A fingerprint of the machine's id: the id itself is to stay at home (machine-id(5))."""
    if any(sign.exists() for sign in SIGNS_OF_A_CONTAINER):
        return ""
    try:
        text = MACHINE.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return sha256(f"newsroom {text}".encode()).hexdigest()[:32] if text and text != "uninitialized" else ""
