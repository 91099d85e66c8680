"""The users' four papers and their newsletter, line by line as they are pasted: exactly these findings."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsroom.checks.saying import hint, message
from tests.checks.issues import found_in
from tests.letters import source_of

FOUND = {
    "briefing-imrf": ("2022-04-01", {"link_placeholder": 12, "acronym": 3, "link_text": 1, "dangling_colon": 1}),
    "concept-note-networking-meeting": ("2020-12-01", {"weekday": 1, "link_placeholder": 5, "acronym": 1}),
    "side-event-imrf": ("2022-05-01", {"link_placeholder": 15, "acronym": 3, "unfinished": 3, "dangling_colon": 2, "link_text": 1}),
    "interview-mayors-mechanism": ("2019-02-01", {"acronym": 5, "dangling_colon": 4, "unfinished": 3, "link_empty": 1}),
    "newsletter-summer-updates-2023": ("2023-07-20", {"acronym": 4, "link_empty": 3, "dangling_colon": 2}),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_paper_shows_its_faults_and_no_others(samples: Path, name: str) -> None:
    sent, expected = FOUND[name]
    lines = (samples / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    text = "\n\n".join(line.strip() for line in lines if line.strip())
    source = source_of({"languages": ["en"], "subject": "A paper", "sections": [{"kind": "text", "text": text}]})
    found = found_in(source, send_at=datetime.fromisoformat(sent).replace(tzinfo=UTC))
    assert Counter(one.check for one in found) == expected, [message(one) for one in found]
    for one in found:
        if one.check == "weekday":
            assert "22 January 2020 was a Wednesday" in message(one)
            assert "22 January 2021 is a Friday" in hint(one)
