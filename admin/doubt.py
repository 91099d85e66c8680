"""What stands above every page while this installation may not send by itself."""

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from admin.context import desk, reading
from newsroom.clock import utc_now
from newsroom.data_folder import recall
from newsroom.installation import look


def install(app: Flask) -> None:
    app.jinja_env.globals["installation_doubt"] = installation_doubt


def installation_doubt() -> str:
    """The cause, in a sentence; "" where nothing is in doubt, or where the database is away and the page says so by itself."""
    house = desk().house
    memory = recall(house.settings.data_dir)
    try:
        with reading() as session:
            found = look(session, memory, house.keys, now=utc_now()).doubt
            return found.cause if found else ""
    except SQLAlchemyError:
        return ""
