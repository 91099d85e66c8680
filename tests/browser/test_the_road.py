"""The whole road in a real browser, as somebody new walks it: from the printed link to an issue in four languages.

The pictures taken on the way are kept in the folder that ROAD_PICTURES names, else they go with the test.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.road import reviewing, sending, setting_up, translating, writing
from tests.browser.road.album import Album
from tests.browser.road.people import Walker, newcomer
from tests.browser.road.sample import Newsletter, read_sample
from tests.processes import running
from tests.services import free_port
from tests.smtp_server import SmtpServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(540)]

WRITER, REVIEWER, LINGUIST = "Ana Ferreira", "Jonas Lindqvist", "Rana Haddad"


@dataclass(kw_only=True)
class Road:
    """One walk: a running Newsroom and what it said at its start, the issue to be rebuilt, and who walks."""

    browser: Browser
    address: str
    said: str
    sample: Newsletter
    album: Album
    walkers: dict[str, Walker] = field(default_factory=dict)

    def walker(self, name: str) -> Walker:
        if name not in self.walkers:
            self.walkers[name] = newcomer(self.browser, name, address=self.address, album=self.album)
        return self.walkers[name]

    @property
    def issue(self) -> str:
        """The page of the only issue there is."""
        return "/admin/issues/1"

    @property
    def printed_link(self) -> str:
        found = re.search(r"Set it up\s+(\S+)", self.said)
        assert found, self.said
        return found[1]


@pytest.fixture
def road(browser: Browser, samples: Path, tmp_path: Path) -> Iterator[Road]:
    """Newsroom as `newsroom up` starts it in an empty folder."""
    kept = os.environ.get("ROAD_PICTURES", "")
    album = Album(Path(kept or tmp_path / "pictures"), by_night=bool(kept))
    port = free_port()
    with running("up", "--port", str(port), settings={"data_dir": tmp_path / "data"}, log=tmp_path / "up.log") as role:
        said = role.wait_for_words("Ctrl-C stops it.")
        walk = Road(browser=browser, address=f"http://localhost:{port}", said=said, sample=read_sample(samples), album=album)
        yield walk
        for walker in walk.walkers.values():
            walker.page.context.close()


def test_a_new_user_walks_from_the_printed_link_to_a_scheduled_issue_in_four_languages(road: Road) -> None:
    for step in STEPS:
        step(road)


def set_up(road: Road) -> None:
    writer = road.walker(WRITER)
    setting_up.go_through_the_wizard(writer, road.printed_link)
    setting_up.describe_the_list(writer, road.sample)


def gather_colleagues_and_readers(road: Road) -> None:
    writer = road.walker(WRITER)
    writer.go("/admin/issues")
    for name in (REVIEWER, LINGUIST):
        colleague = road.walker(name)
        setting_up.invite(writer, name, colleague.email, "Publisher")
        setting_up.accept_the_invitation(colleague, setting_up.invitation_of(writer, colleague.email))
    setting_up.ask_for_two_sign_offs(writer, REVIEWER, LINGUIST)
    setting_up.bring_readers_in(writer)


def write_the_issue(road: Road) -> None:
    writer = road.walker(WRITER)
    writer.go("/admin/issues")
    writing.begin_the_issue(writer, road.sample)
    writing.write_the_front(writer, road.sample)
    writing.write_the_sections(writer, road.sample)
    writing.try_a_duplicate(writer)


def translate_the_issue(road: Road) -> None:
    """French by hand, Arabic from right to left, Spanish in Word."""
    writer = road.walker(WRITER)
    for language in ("fr", "ar"):
        translating.open_language(writer, language)
        translating.translate_by_hand(writer, road.sample, language)
        road.album.key_page(writer.page, f"languages-{language}")
    translating.open_language(writer, "es")
    translating.translate_in_word(writer, road.sample, "es")
    translating.see_the_state(writer)


def read_the_checks(road: Road) -> None:
    writer = road.walker(WRITER)
    reviewing.read_the_faults(writer)
    reviewing.mend_the_worst(writer)
    reviewing.let_pass(writer, road.sample)


def change_after_a_comment(road: Road) -> None:
    writer, reviewer = road.walker(WRITER), road.walker(REVIEWER)
    reviewing.submit(writer)
    writer.take("submitted")
    reviewer.go("/admin/issues")
    reviewer.take("issues-of-a-reviewer")
    reviewer.page.get_by_role("main").get_by_role("link", name=road.sample.subject["en"]).first.click()
    reviewing.comment_and_send_back(reviewer, road.sample)
    reviewing.answer_and_mend(writer, road.sample)
    reviewing.confirm_translations(writer, road.sample)
    writer.follow("Overview")
    reviewing.submit(writer)


def sign_by_two(road: Road) -> None:
    reviewer, linguist = road.walker(REVIEWER), road.walker(LINGUIST)
    reviewer.go(road.issue)
    reviewing.sign(reviewer, picture="text")
    reviewer.shows("Signed. It still waits for")
    reviewer.take("signed-once")
    linguist.go(road.issue)
    reviewing.sign(linguist, picture="translations")
    linguist.shows("Approved: exactly these letters will go out.")
    linguist.shows("Every warning has been accepted.")
    road.album.key_page(linguist.page, "approved")


def schedule_it(road: Road) -> None:
    """The administrator adds the mail server that letters shall leave by; a publisher says when."""
    writer, publisher = road.walker(WRITER), road.walker(REVIEWER)
    with SmtpServer() as server:
        sending.add_a_mail_server(writer, server.port)
        publisher.go(f"{road.issue}/review")
        day = sending.a_week_ahead()
        sending.schedule(publisher, day)
        sending.see_it_scheduled(publisher, road.sample, (WRITER, REVIEWER), day)


STEPS = (
    set_up, gather_colleagues_and_readers, write_the_issue, translate_the_issue, read_the_checks, change_after_a_comment, sign_by_two,
    schedule_it,
)  # fmt: skip
