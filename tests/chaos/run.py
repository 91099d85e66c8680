"""`make chaos`: the trials at full size, one after the other, and the report that they write.

Every trial has services of its own on loopback, ends what it started, and is bounded in time. The report keeps one row per trial:
a run of some of them replaces their rows and leaves the others as they were.
"""

import argparse
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.catalogue import T, Trial
from tests.chaos.grounds import conduct, ground_of
from tests.processes import ROOT
from tests.services import running_postgresql

REPORT = ROOT / "docs" / "chaos-report.md"
HEAD = """# What the chaos trials found

Written by `make chaos` (tests/chaos/run.py). Each row is one trial at full size, with the seed that repeats it:
`make chaos ARGS="--only T1 --seed N"`. The account is drawn up between the ledger and a mail server of the tests' own, a process
that writes down every letter before it answers and that nobody kills. **Held** means: lost 0, unexpected 0, doubled 0, wrong
content 0, every uncertain letter explained by that log and within its bound, the states add up to the audience, and nobody laid
a hand on anything.

| trial | what | verdict | figures | seconds | seed | commit | date |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One trial's line of the report."""

    name: str
    title: str
    verdict: str
    figures: str
    seconds: int
    seed: int
    commit: str
    at: str

    def __str__(self) -> str:
        words = (self.name, self.title, self.verdict, self.figures, self.seconds, self.seed, self.commit, self.at)
        return "| " + " | ".join(str(word).replace("|", "/").replace("\n", " ") for word in words) + " |"


def conduct_one(name: str, trial: Trial, *, seed: int, full: bool) -> tuple[Row, bool]:
    """The trial in a folder of its own; how it ended, whatever happened."""
    folder = Path(tempfile.mkdtemp(prefix="newsroom-chaos-")) / name.lower().replace("-", "_")
    folder.mkdir()
    began = time.monotonic()
    try:
        figures, verdict, held = _figures(trial, folder, seed=seed, full=full), "held", True
    except Exception as error:
        traceback.print_exc()
        words = str(error).strip().splitlines() or [type(error).__name__]
        figures, verdict, held = {}, f"FAILED: {words[0][:200]}", False
    seconds = round(time.monotonic() - began)
    shown = ", ".join(f"{figure.replace('_', ' ')} {value}" for figure, value in figures.items())
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    if held:
        shutil.rmtree(folder.parent)
    else:
        print(f"{name}: what it left behind is in {folder}")  # noqa: T201
    return Row(name=name, title=trial.title, verdict=verdict, figures=shown, seconds=seconds, seed=seed, commit=_commit(), at=at), held


def _figures(trial: Trial, folder: Path, *, seed: int, full: bool) -> Mapping[str, Any]:
    if trial.ground == "sqlite":
        with ground_of(trial, folder, seed=seed, full=full, cluster=None) as lab:
            return conduct(trial, lab, full=full)
    with running_postgresql() as cluster, ground_of(trial, folder, seed=seed, full=full, cluster=cluster) as lab:
        return conduct(trial, lab, full=full)


def _commit() -> str:
    """What was tried; "+" where files of the product had been changed since."""
    if shutil.which("git") is None:
        return "unknown"
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "newsroom", "subscribers", "admin"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return f"{said.stdout.strip() or 'unknown'}{'+' if changed.stdout.strip() else ''}"


def write(report: Path, rows: Mapping[str, str]) -> None:
    """These rows, and those that were there before for other trials."""
    known = _rows(report.read_text(encoding="utf-8")) if report.exists() else {}
    merged = {**known, **rows}
    ordered = [merged[name] for name in T if name in merged]
    report.write_text(HEAD + "\n".join(ordered) + "\n", encoding="utf-8")


def _rows(text: str) -> dict[str, str]:
    return {found[1]: line for line in text.splitlines() if (found := re.match(r"\| (T[0-9][^ ]*) \|", line))}


def main() -> int:
    arguments = _arguments()
    names = [
        name for name in T if not arguments.only or any(name == word or re.fullmatch(rf"{word}[a-z]", name) for word in arguments.only)
    ]
    print(f"seed {arguments.seed}; trials: {', '.join(names)}", flush=True)  # noqa: T201
    warnings.simplefilter("ignore")
    # Told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    until, all_held = time.monotonic() + arguments.minutes * 60, True
    for name in names:
        if time.monotonic() > until:
            print(f"{name}: not begun, {arguments.minutes} minutes are over", flush=True)  # noqa: T201
            continue
        row, held = conduct_one(name, T[name], seed=arguments.seed, full=not arguments.small)
        all_held = all_held and held
        print(row, flush=True)  # noqa: T201
        if not arguments.small:
            write(arguments.report, {name: str(row)})
    return 0 if all_held else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description="The chaos trials at full size; ARGS holds these options.")
    parser.add_argument("--only", nargs="+", metavar="T", help=f"Some of {', '.join(T)}; T9 is T9a and T9b.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="Repeat a run. Default: by lot, printed.")
    parser.add_argument("--small", action="store_true", help="At the size of the tests, without a report.")
    parser.add_argument("--minutes", type=float, default=120, help="Begin no further trial after so long. Default: 120.")
    parser.add_argument("--report", type=Path, default=REPORT, help="Where the report is.")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
