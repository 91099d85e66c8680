"""What is said of a file or folder that cannot be used, with the next step."""

import errno
from pathlib import Path

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def unusable(error: OSError, fallback: Path) -> tuple[str, str]:
    """Message and hint. A write that fails names no file: `fallback` is where it was."""
    return f"{error.filename or fallback} cannot be used: {error.strerror}.", _next_step(error)


def _next_step(error: OSError) -> str:
    if error.errno in NO_ROOM:
        return "Make room on its disk."
    if error.errno in FORBIDDEN:
        return "Run Newsroom as the user its folder belongs to; is NEWSROOM_DATA_DIR right?"
    return ""
