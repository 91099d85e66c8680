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
    """The cause and the next step in a sentence or two; "" where nothing is in doubt, or where the database says so by itself."""
    memory = recall(desk().house.settings.data_dir)
    try:
        with reading() as session:
            return str(look(session, memory, now=utc_now()).doubt or "")
    except SQLAlchemyError:
        return ""
