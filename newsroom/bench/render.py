"""The benchmark of writing: an issue of 72 sections compiled in each language, and letters spliced from a plan."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from PIL import Image
from sqlalchemy.orm import Session

from newsroom import dkim_keys
from newsroom.bench.installation import FACTS, open_scratch
from newsroom.bench.letter import PUBLIC_URL, bench_plan
from newsroom.bench.report import machine
from newsroom.bench.scratch import scratch
from newsroom.checks.base import Finding, Material
from newsroom.checks.passages import passages_of
from newsroom.checks.registry import run_checks
from newsroom.clock import utc_now
from newsroom.demo.network import ACCENT, LIST, TOPICS
from newsroom.demo.network import FACTS as DEMO_FACTS
from newsroom.demo.pictures import PICTURES
from newsroom.drafting.importing import import_issue
from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.mailing_lists import MailingList, Topic, add_list
from newsroom.media import MediaStore
from newsroom.messages import Letter, Recipient, address_letter
from newsroom.public_links import PublicLinks
from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.plan import Plan
from newsroom.rendering.source import LetterSource, load_source

SECTIONS = 72
NONCE = "be7c4a11"
LETTERS = 5_000
SIGNATURES = 500
ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Milliseconds of the first time and of the times after it; `processor`: without the waiting for a busy machine."""

    cold: float
    warm: tuple[float, ...]
    processor: tuple[float, ...]

    def report(self, made: CompiledLetter) -> dict[str, object]:
        return {
            "cold_ms": round(self.cold, 1),
            "median_ms": round(statistics.median(self.warm), 1),
            "best_ms": round(min(self.warm), 1),
            "processor_ms": round(statistics.median(self.processor), 1),
            "html_kb": round(len(made.html.encode()) / 1024),
        }


def bench_render(repeat: int) -> dict[str, object]:
    with scratch(sqlite=True) as made, _opened(open_scratch(made)) as house:
        source = _source(house)
        languages = {language: _compiled(source, language, repeat) for language in source.languages}
        return {"sections": SECTIONS, "languages": languages, "checks": _checked(source, repeat), **_spliced(house), "machine": machine()}


@contextmanager
def _opened(house: House) -> Iterator[House]:
    try:
        yield house
    finally:
        house.database.close()


def _source(house: House) -> LetterSource:
    """The demo's full letter, its sections again and again until there are 72, imported as a file of the staff is."""
    draw_pictures(house.settings.data_dir / "pictures")
    with house.database.transaction() as session:
        add_demo_list(session)
        store = MediaStore(house.media_dir)
        issue = import_issue(session, demo_document(), folder=house.settings.data_dir, store=store, by=OPERATOR, now=utc_now())
        session.refresh(issue, ["mailing_list"])
        return load_source(session, issue, public_url=PUBLIC_URL)


def draw_pictures(folder: Path) -> None:
    """As large as the demo's, and empty: only their sizes are in a letter."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(PICTURES):
        Image.new("RGB", (1200, 600 + number)).save(folder / f"{name}.png")


def add_demo_list(session: Session) -> MailingList:
    added = add_list(session, slug=LIST, now=utc_now(), **DEMO_FACTS)
    added.accent = ACCENT
    added.topics = [Topic(slug=slug, title=title, position=place) for place, (slug, title) in enumerate(TOPICS.items())]
    session.flush()
    return added


def demo_document(number: int = SECTIONS) -> str:
    document = yaml.safe_load(files("newsroom.demo").joinpath("issues", "summer-2027.yaml").read_text(encoding="utf-8"))
    document["sections"] = [_anew(section) for section in itertools.islice(itertools.cycle(document["sections"]), number)]
    return yaml.safe_dump(document, allow_unicode=True)


def _anew(section: dict[str, Any]) -> dict[str, Any]:
    """A copy that is a section of its own."""
    return {name: value for name, value in section.items() if name not in ("id", "event")}


def _compiled(source: LetterSource, language: str, repeat: int) -> dict[str, object]:
    cold, _, made = _timed(source, language)
    warm, processor, _ = zip(*(_timed(source, language) for _ in range(repeat)), strict=True)
    return Timing(cold=cold, warm=warm, processor=processor).report(made)


def _timed(source: LetterSource, language: str) -> tuple[float, float, CompiledLetter]:
    """Milliseconds by the clock and of this process, and what came out."""
    begun, used = time.perf_counter(), time.process_time()
    made = compile_letter(source, language, nonce=NONCE)
    return (time.perf_counter() - begun) * 1000, (time.process_time() - used) * 1000, made


def _checked(source: LetterSource, repeat: int) -> dict[str, object]:
    """Milliseconds of this process for every check of every language, letters aside; cold: no text was read before."""

    def check() -> tuple[Finding, ...]:
        return run_checks(Material(source=source, send_at=utc_now(), passages=tuple(passages_of(source))))

    cold = _processor_time(check, 1) / 1000
    best = min(_processor_time(check, 1) for _ in range(repeat)) / 1000
    return {"cold_ms": round(cold, 1), "best_ms": round(best, 1), "findings": len(check())}


def _spliced(house: House) -> dict[str, object]:
    """Letters made from the plan of the sending benchmark, by one processor; the best of a few rounds."""
    with house.database.transaction() as session:
        plan = bench_plan(add_list(session, slug="harbours", **FACTS, now=utc_now()), house.keys, "spring")
        dkim_keys.add_key(session, house.keys, plan.domain, now=utc_now())
        dkim_keys.activate(session, plan.domain, now=utc_now())
        signer = dkim_keys.load_signers(session, house.keys)[plan.domain]
    cost, letter = _per_letter(plan, PublicLinks(house.keys, PUBLIC_URL))
    now = utc_now()
    signing = min(_processor_time(lambda: signer.signed(letter.data, now), SIGNATURES) for _ in range(ROUNDS))
    return {
        "letter_bytes": len(letter.data), "letters_per_s": round(1e6 / cost), "us_per_letter": round(cost, 1),
        "us_per_dkim_signature": round(signing, 1),
    }  # fmt: skip


def _per_letter(plan: Plan, links: PublicLinks) -> tuple[float, Letter]:
    numbers, now = itertools.count(1), utc_now()

    def make() -> Letter:
        number = next(numbers)
        reader = Recipient(
            subscriber_id=number, address=f"reader{number}@town.example", name=f"Reader Number {number}", language="en", list_id=1
        )
        return address_letter(plan, reader, delivery_id=number, kind="issue", cut=None, links=links, now=now)

    return min(_processor_time(make, LETTERS) for _ in range(ROUNDS)), make()


def _processor_time(work: Callable[[], object], times: int) -> float:
    """Microseconds of this process, each time."""
    begun = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begun) / times * 1e6
