"""The benchmark of starting: an audience becomes rows, as the clock does it when an issue is due."""

import time

from newsroom.bench.installation import add_readers, approved_issue, open_scratch
from newsroom.bench.report import machine
from newsroom.bench.scratch import scratch
from newsroom.clock import utc_now
from newsroom.errors import Refused
from newsroom.issues import get_issue
from newsroom.sendqueue.tick import tick_once


def bench_start(people: int, *, database_url: str = "", sqlite: bool = False) -> dict[str, object]:
    with scratch(database_url=database_url, sqlite=sqlite) as made:
        house = open_scratch(made)
        try:
            issue_id = approved_issue(house, add_readers(house, people), "spring")
            begun = time.perf_counter()
            tick_once(house, utc_now())
            seconds = time.perf_counter() - begun
            with house.database.reading() as session:
                issue = get_issue(session, issue_id)
                if issue.audience != people:
                    raise Refused(f"The issue is {issue.state} with an audience of {issue.audience}. {issue.notice}".strip())
        finally:
            house.database.close()
        return {
            "database": made.label, "people": people, "seconds": round(seconds, 2), "people_per_s": round(people / seconds),
            "machine": machine(),
        }  # fmt: skip
