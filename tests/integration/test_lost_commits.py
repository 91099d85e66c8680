"""The line to PostgreSQL breaks while a group is being committed: whether it was carried out cannot be known."""

from itertools import cycle

import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from newsroom.house import open_house
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.transports.memory import MemoryTransport
from newsroom.settings import Settings
from tests.cutting import CuttingRoad
from tests.integration.test_sender import started_issue, states_of
from tests.sending import eventually

CUTS = 4
PEOPLE = 400


@pytest.mark.postgresql
def test_when_the_answer_to_a_commit_is_lost_no_dot_is_written_and_nobody_is_lost_or_doubled(postgresql_settings: Settings) -> None:
    url = make_url(postgresql_settings.database)
    with CuttingRoad(url.port or 5432) as road:
        there = url.set(host="127.0.0.1", port=road.port).render_as_string(hide_password=False)
        house = open_house(postgresql_settings.model_copy(update={"database_url": SecretStr(there)}))
        straight = open_house(postgresql_settings)
        issue_id = started_issue(straight, people=PEOPLE)
        transport = MemoryTransport(label="memory", connections=4)
        sender = Sender(house, transport=transport, stop_grace=5)
        sender.start()
        try:
            for number, how in zip(range(CUTS), cycle(("before", "after")), strict=False):
                eventually(lambda number=number: len(transport.kept) > 40 * (number + 1))
                road.cut(how)  # type: ignore[arg-type]
                eventually(lambda number=number: road.cuts > number)
            eventually(lambda: states_of(straight, issue_id) == {"accepted": PEOPLE}, seconds=60)
        finally:
            sender.stop()
            house.database.close()
            straight.database.close()
    assert len({kept.recipient for kept in transport.kept}) == len(transport.kept) == PEOPLE
