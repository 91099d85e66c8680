"""Finding people by any part of their address or name."""

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, literal_column

from subscribers.models import Subscriber

ESCAPE = "\\"


def is_called(words: str) -> ColumnElement[bool]:
    """The condition that somebody's address or name holds these words, in whatever case. Written as the trigram index has it.

    The words stand in the statement itself: the plan is made for them, since a rare name wants another than a frequent one.
    """
    sought = words.replace("\0", "")
    for letter in (ESCAPE, "%", "_"):
        sought = sought.replace(letter, ESCAPE + letter)
    text = Subscriber.address_key.concat(literal_column("' '")).concat(func.lower(Subscriber.name))
    pattern: BindParameter[str] = bindparam("sought", f"%{sought}%", literal_execute=True, unique=True)
    return text.like(func.lower(pattern), escape=ESCAPE)
