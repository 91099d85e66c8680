"""How long the pages about an issue of a million people take: `python -m tests.measure_issue_page [PEOPLE]`, with PostgreSQL installed.

Prints milliseconds, p50 and p95 of 20 looks each, and what one count by the clock takes. Half of the issue is accepted, 2 % failed
with a reply of their own, 0.2 % deferred, 300 uncertain, the rest waits.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text, update

from newsroom import schema
from newsroom.clock import utc_now
from newsroom.house import House, open_house
from newsroom.issues import Issue
from newsroom.sendqueue import refreshing
from newsroom.settings import load_settings
from tests.factories import a_list, an_issue
from tests.services import running_postgresql
from tests.staff import Staff, somebody

LOOKS = 20
SEED = """
INSERT INTO deliveries (kind, issue_id, list_id, subscriber_id, subscriber_version, address, domain, language, state, due_at, created_at,
  attempt, setbacks, relay, enhanced_status, reply, reason, reply_code, marked_at, closed_at)
SELECT 'issue', :issue, :list, n, 1, 'person' || n || '@city' || n % 900 || '.example', 'city' || n % 900 || '.example', 'en',
  CASE WHEN n % 3400 = 1 THEN 'uncertain' WHEN n % 500 = 3 THEN 'deferred' WHEN n % 50 = 7 THEN 'failed'
    WHEN n < :people / 2 THEN 'accepted' ELSE 'queued' END,
  now(), now(), 1, 0, 'main', '5.1.1', 'no such user <person' || n || '@city' || n % 900 || '.example> here ' || n, '', 550, now(), now()
FROM generate_series(1, :people) AS n
"""


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with running_postgresql() as server, tempfile.TemporaryDirectory() as folder:
        house = open_house(load_settings({}, data_dir=Path(folder), database_url=server.create("measured"), public_url="https://n.example"))
        house = replace(house, settings=house.settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:9")}))
        schema.upgrade(house.database)
        issue_id = _seed(house, people)
        _measure(house, issue_id)
        house.database.close()


def _seed(house: House, people: int) -> int:
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        issue = an_issue(session, mailing_list, state="sending", house=house)
        session.execute(text(SEED), {"issue": issue.id, "list": mailing_list.id, "people": people})
        session.execute(update(Issue).values(audience=people))
        issue_id = issue.id
    with house.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE deliveries"))
    return issue_id


def _measure(house: House, issue_id: int) -> None:
    staff, _ = somebody(house)
    _say("the clock's count", lambda: _count(house), looks=3)
    root = f"/admin/issues/{issue_id}"
    for path in (
        "",
        "/progress/issue",
        "/retry",
        "/deliveries",
        "/deliveries?state=failed",
        "/deliveries?state=queued",
        "/deliveries?state=uncertain",
    ):
        _say(f"{root}{path}", lambda path=path: _get(staff, root + path))
    _say("/admin/issues", lambda: _get(staff, "/admin/issues"))


def _count(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(text("UPDATE sending_snapshots SET took = 0, taken_at = now() - interval '1 hour'"))
    assert refreshing.refresh(house.database, utc_now()) == 1


def _get(staff: Staff, path: str) -> None:
    assert staff.get(path).status_code == 200


def _say(what: str, look: Callable[[], None], looks: int = LOOKS) -> None:
    look()
    times = []
    for _ in range(looks):
        began = time.perf_counter()
        look()
        times.append((time.perf_counter() - began) * 1000)
    ranked = sorted(times)
    sys.stdout.write(f"{what:45} p50 {statistics.median(ranked):7.1f}  p95 {ranked[int(len(ranked) * 0.95) - 1]:7.1f}\n")


if __name__ == "__main__":
    main()
