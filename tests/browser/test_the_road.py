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

from tests.browser.road import setting_up, writing
from tests.browser.road.album import Album
from tests.browser.road.people import Walker, newcomer
from tests.browser.road.sample import Newsletter, read_sample
from tests.processes import running
from tests.services import free_port

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
    def printed_link(self) -> str:
        found = re.search(r"Set it up\s+(\S+)", self.said)
        assert found, self.said
        return found[1].replace("localhost", "127.0.0.1")


@pytest.fixture
def road(browser: Browser, samples: Path, tmp_path: Path) -> Iterator[Road]:
    """Newsroom as `newsroom up` starts it in an empty folder."""
    album = Album(Path(os.environ.get("ROAD_PICTURES") or tmp_path / "pictures"))
    port = free_port()
    with running("up", "--port", str(port), settings={"data_dir": tmp_path / "data"}, log=tmp_path / "up.log") as role:
        said = role.wait_for_words("Ctrl-C stops it.")
        walk = Road(browser=browser, address=f"http://127.0.0.1:{port}", said=said, sample=read_sample(samples), album=album)
        yield walk
        for walker in walk.walkers.values():
            walker.page.context.close()


def test_a_new_user_walks_from_the_printed_link_to_a_written_issue(road: Road) -> None:
    set_up(road)
    gather_colleagues_and_readers(road)
    write_the_issue(road)


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


STEPS = (set_up, gather_colleagues_and_readers, write_the_issue)
