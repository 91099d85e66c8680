"""What a benchmark found, as one object whose keys stay, and as lines for people."""

import os
import platform
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from newsroom.bench.letter import LINKS
from newsroom.bench.sending import Load, Run
from newsroom.bench.sink import Rival

Value = object


@dataclass(frozen=True, kw_only=True)
class Round:
    """Newsroom, and right before it whom it is compared with: smtp-source, or one worker alone."""

    run: Run
    rival: Rival | None
    one_worker: Run | None

    @property
    def ratio(self) -> float:
        """To smtp-source, else to one worker; letters per second where there is nobody to compare with."""
        before = self.rival or self.one_worker
        return self.run.mails_per_s / (before.mails_per_s if before else 1.0)


def machine() -> dict[str, Value]:
    return {
        "processors": os.cpu_count(), "python": platform.python_version(), "python_is_optimised": _is_optimised(),
        "newsroom": version("newsroom"),
    }  # fmt: skip


def _is_optimised() -> bool:
    """Whether this Python was built with the compiler's optimisation, as scripts/python asks: without it all figures are a third worse."""
    return sys.base_prefix == "/usr" or "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")


def sending_report(
    load: Load, rounds: Sequence[Round], *, database: str, letter_bytes: int, sink_delay_ms: int, dkim: bool
) -> dict[str, Value]:
    """The figures of the round in the middle, and the ratio of every round."""
    middle = sorted(rounds, key=lambda each: each.ratio)[(len(rounds) - 1) // 2]
    run = middle.run
    return {
        "database": database,
        "recipients": load.recipients,
        "audience": load.audience,
        "connections": load.connections,
        "workers": load.workers,
        "sink_delay_ms": sink_delay_ms,
        "dkim": dkim,
        "letter_bytes": letter_bytes,
        "links": LINKS,
        "accepted": run.accepted,
        "taken_by_sink": run.taken,
        "seconds": round(run.seconds, 2),
        "mails_per_s": round(run.mails_per_s),
        "cpu_us_per_mail": round(run.cpu_us_per_mail),
        "postgres_us_per_mail": None if run.postgres_us_per_mail is None else round(run.postgres_us_per_mail),
        "sink_us_per_mail": round(run.sink_us_per_mail),
        "rss_mb": round(run.rss_mb),
        **_against_rival(run, middle.rival),
        **_against_one(run, middle.one_worker),
        "rounds": [round(each.ratio, 2) for each in rounds],
        "machine": machine(),
    }


def _against_rival(run: Run, rival: Rival | None) -> dict[str, Value]:
    if rival is None:
        return {"smtp_source_mails_per_s": None, "smtp_source_mode": None, "ratio_to_smtp_source": None}
    return {
        "smtp_source_mails_per_s": round(rival.mails_per_s),
        "smtp_source_mode": f"{rival.sessions} sessions, {rival.mode}",
        "ratio_to_smtp_source": round(run.mails_per_s / rival.mails_per_s, 2),
    }


def _against_one(run: Run, one_worker: Run | None) -> dict[str, Value]:
    if one_worker is None:
        return {"one_worker_mails_per_s": None, "ratio_to_one_worker": None}
    return {
        "one_worker_mails_per_s": round(one_worker.mails_per_s),
        "ratio_to_one_worker": round(run.mails_per_s / one_worker.mails_per_s, 2),
    }


def as_lines(report: Mapping[str, Value], depth: int = 0) -> list[str]:
    """`name: value`, one per line, what was not measured left out."""
    lines: list[str] = []
    for name, value in report.items():
        shown = f"{'  ' * depth}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            lines += [shown, *as_lines(value, depth + 1)]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines += [shown, *("  " * (depth + 1) + ", ".join(f"{key} {each}" for key, each in row.items() if each != "") for row in value)]
        elif value is not None:
            lines.append(f"{shown}: {value}")
    return lines
