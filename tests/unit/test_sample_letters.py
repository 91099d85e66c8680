"""Real letters through the plan: every cut of every language says what the theme wrote, and nothing else."""

import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.plan import Plan, splice
from tests import rfc5322
from tests.conftest import SAMPLES
from tests.letters import every_kind, sample_source
from tests.plans import NONCE, expected_part, masthead, plan_of

VALUES = {
    "name": "Zoë محمّد <the 1st>", "email": "zoe@example.com", "to": "zoe@example.com", "date": "Mon, 02 Mar 2026 12:00:00 +0000",
    "message_id": "<5@example.org>", "kind": "issue", "nature": "Precedence: list", "view_url": "https://news.example.org/v/v",
    "unsubscribe_url": "https://news.example.org/u/u?a=1&b=2", "preferences_url": "https://news.example.org/p/p",
}  # fmt: skip
LETTERS = [("every-kind", language) for language in every_kind().languages] + [("summer-2023", "en")]
LETTERS += [("autumn-2023", language) for language in ("en", "fr", "es", "ar")]


@cache
def compiled_and_cut(name: str, language: str) -> tuple[CompiledLetter, Plan]:
    if name != "every-kind" and not SAMPLES.is_dir():
        pytest.skip("the users' sample documents are not beside this checkout")
    source = every_kind() if name == "every-kind" else sample_source(Path(SAMPLES), name)
    compiled = compile_letter(source, language, nonce=NONCE)
    return compiled, plan_of(compiled, masthead(language=language, from_name=source.from_name))


def cuts(compiled: CompiledLetter) -> Iterator[tuple[str, ...] | None]:
    topics = sorted({topic for span in compiled.spans for topic in span.topics})
    yield None
    for size in range(len(topics) + 1):
        yield from itertools.combinations(topics, size)


@pytest.mark.parametrize(("name", "language"), LETTERS)
def test_every_cut_of_a_real_letter_is_what_plain_replacement_gives(name: str, language: str) -> None:
    compiled, plan = compiled_and_cut(name, language)
    for cut, personal in itertools.product(cuts(compiled), (True, False)):
        message = rfc5322.parse(splice(plan, VALUES, cut, personal=personal))
        for subtype in ("plain", "html"):
            said = message.part(f"text/{subtype}").text.replace("\r\n", "\n")
            assert said == expected_part(compiled, subtype, VALUES, cut, personal=personal)
