"""Asked before anything is started or claimed: do database, data folder, key ring and version of Newsroom belong together?"""

import logging

from newsroom import schema_version
from newsroom.data_folder import recall, remember
from newsroom.house import House
from newsroom.installation import Doubt, confirm, look
from newsroom.sendqueue.database_clock import read_clock

log = logging.getLogger(__name__)


def doubt_about(house: House) -> Doubt | None:
    """None: they do, and it is written down every ten seconds how far they have got. Else nothing may go out."""
    folder = house.settings.data_dir
    # Remembered first, looked at after: in between the database can only get further.
    memory = recall(folder)
    with house.database.reading() as session:
        verdict = look(session, memory, house.keys, now=read_clock(session))
    doubt = verdict.doubt
    if verdict.due:
        with house.database.transaction() as session:
            doubt, row = confirm(session, lambda: recall(folder), house.keys, now=read_clock(session))
        if doubt is None:
            remember(folder, identity=row.identity, beat=row.beat, at=row.beat_at)
    if doubt is not None:
        log.warning("%s", doubt)
    return doubt


def is_of_a_newer_version(house: House) -> bool:
    """Asked before a role begins, and never again: under roles that run the schema may grow, and they go on until they are replaced."""
    with house.database.reading() as session:
        newer = schema_version.is_newer(session.connection())
    if newer:
        log.warning("nothing is sent: %s", schema_version.NEWER)
    return newer
