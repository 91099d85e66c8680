"""What a process says while it runs: one line per event on standard error, the time in UTC; a trouble that lasts once a minute."""

import logging
import sys
import time

LINE = "%(asctime)sZ %(levelname)s %(message)s"
QUIET_FOR = 60.0
MOST_REMEMBERED = 500


class OncePerMinute(logging.Filter):
    """Lets the same words through once a minute, and then says how often they were held back."""

    def __init__(self, quiet_for: float = QUIET_FOR) -> None:
        super().__init__()
        self.quiet_for = quiet_for
        self._said: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        words, now = record.getMessage(), time.monotonic()
        said_at, held_back = self._said.get(words, (float("-inf"), 0))
        if now - said_at < self.quiet_for:
            self._said[words] = said_at, held_back + 1
            return False
        if len(self._said) >= MOST_REMEMBERED:
            self._said.clear()
        self._said[words] = now, 0
        if held_back:
            record.msg, record.args = f"{words} ({held_back} times more since the last line)", ()
        return True


def speak_plainly() -> None:
    """Set up the logs of a role; our own words from INFO on, those of libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(LINE, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(OncePerMinute())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("newsroom", "subscribers", "admin"):
        logging.getLogger(name).setLevel(logging.INFO)
