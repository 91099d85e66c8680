"""The set-up link, for whoever reads the console of a Newsroom that nobody has set up."""

from sqlalchemy.exc import SQLAlchemyError

from admin import setup_link
from newsroom.clock import utc_now
from newsroom.house import House


def setup_address(house: House, address: str, *, without_accounts: bool = False) -> str:
    """Where to go; empty once it is set up, or while the database does not answer."""
    try:
        with house.database.reading() as session:
            is_open = setup_link.is_open(session, without_accounts=without_accounts)
    except SQLAlchemyError:
        return ""
    return f"{address}{setup_link.path_of(house.keys, now=utc_now())}" if is_open else ""
