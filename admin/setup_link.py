"""The link that the first start prints: whoever reads the console sets Newsroom up, once."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from admin.accounts import HASHER, User, UserSession, checked_password, find_user
from admin.organisation import begin, organisation
from newsroom import tokens
from newsroom.addresses import parse_address
from newsroom.errors import InvalidInput, NotFound, Problem, TokenRefused
from newsroom.keys import KeyRing

#: The account that `newsroom up` makes, so that one can log in at once; the first step of the set-up gives it to somebody.
FIRST_USER = "admin@example.org"
PURPOSE = "setup"
GOOD_FOR = timedelta(hours=24)
OVER = "This set-up link is over. Start `newsroom up` again for a new one; once somebody has used it, log in with the account made there."


def make(keys: KeyRing, *, now: datetime) -> str:
    return tokens.sign(keys, PURPOSE, int(now.timestamp()))


def path_of(keys: KeyRing, *, now: datetime) -> str:
    return f"/admin/setup/{make(keys, now=now)}"


def is_open(session: Session, *, without_accounts: bool = False) -> bool:
    """Whether nobody has set this Newsroom up: there is no account, or none but the one that the first start makes."""
    emails = session.scalars(select(User.email_key).limit(2)).all()
    ours = [] if without_accounts else [parse_address(FIRST_USER).key]
    return organisation(session) is None and all(key in ours for key in emails)


def check(session: Session, keys: KeyRing, token: str, *, now: datetime) -> None:
    """NotFound unless the link is ours, of the last day, and nobody was faster."""
    try:
        (made_at,) = tokens.read(keys, PURPOSE, token)
    except (TokenRefused, ValueError):
        raise NotFound(OVER) from None
    if not 0 <= now.timestamp() - made_at <= GOOD_FOR.total_seconds() or not is_open(session):
        raise NotFound(OVER)


def take_over(session: Session, *, email: str, name: str, password: str, again: str, language: str, now: datetime) -> User:
    """The first account is theirs from now on, whoever was logged in with it before; the printed password is dead."""
    begin(session)
    _check(email, password, again)
    first = find_user(session, FIRST_USER) or User(role="administrator", created_at=now)
    address = parse_address(email)
    first.email, first.email_key, first.name = address.addr_spec, address.key, name.strip()[:200]
    first.password_hash, first.language = HASHER.hash(password), language
    session.add(first)
    session.flush()
    session.execute(delete(UserSession).where(UserSession.user_id == first.id))
    return first


def _check(email: str, password: str, again: str) -> None:
    problems: list[Problem] = []
    for check_one in (lambda: parse_address(email, place="email"), lambda: checked_password(password)):
        try:
            check_one()
        except InvalidInput as error:
            problems.extend(error.problems)
    if password != again:
        problems.append(Problem(place="again", message="The two do not match."))
    if problems:
        raise InvalidInput(problems)
