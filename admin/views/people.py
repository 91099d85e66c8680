"""The people of the staff: who they are, what they may do where, and the end of it."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import account_letters, accounts, reminding, second_factor
from admin.accounts import ROLES, User, UserSession
from admin.context import audited, desk, person, reading, tell, transaction
from admin.forms import Form, text
from admin.list_roles import ListRole, roles_of, set_rights
from admin.one_time_links import INVITE, RESET
from admin.permissions import Rights, permission
from admin.speaking import page_language, tp
from admin.words.catalogue import INTERFACE
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NotFound, Refused
from newsroom.mailing_lists import MailingList

routes = Blueprint("people", __name__)

FIELDS = ("email", "name", "role", "language", "all_lists")


@routes.get("/settings/people")
@permission("manage_users", of="everywhere")
def index() -> str:
    with reading() as session:
        users = session.scalars(select(User).order_by(User.deactivated_at.is_not(None), User.name, User.email_key)).all()
        seen = select(UserSession.user_id, func.max(UserSession.seen_at)).group_by(UserSession.user_id)
        return render_template(
            "people/index.html", users=users, seen=dict(session.execute(seen).all()), single=_single_roles(session), lists=_lists(session)
        )


@routes.get("/settings/people/invite")
@permission("manage_users", of="everywhere")
def ask() -> str:
    return _invite_page(Form(values={"role": "author", "all_lists": "1", "language": page_language()}))


@routes.post("/settings/people/invite")
@permission("manage_users", of="everywhere")
def invite() -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            user = accounts.add_account(session, text(request.form, "email"), _role(), name=text(request.form, "name"), now=utc_now())
            user.language = _language()
            _give_rights(session, user)
            audited(person=user.email, role=user.role)
            link = account_letters.send(session, user, INVITE, by=person().actor, now=utc_now())
    except InvalidInput as error:
        return _invite_page(Form(values=request.form.to_dict()).refused(error, FIELDS)), 422
    _tell_sent(user, link, tp("people.invited", email=user.email))
    return redirect(url_for("people.index"))


@routes.get("/settings/people/<int:user_id>")
@permission("manage_users", of="everywhere")
def show(user_id: int) -> str:
    with reading() as session:
        user = _user(session, user_id)
        return _page(session, user, Form(values=_shown(user, roles_of(session, user))))


@routes.post("/settings/people/<int:user_id>")
@permission("manage_users", of="everywhere")
def save(user_id: int) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            user = _user(session, user_id)
            user.name, user.language = text(request.form, "name")[:200], _language()
            changed = _give_rights(session, user)
            left = reminding.hand_back(session, user)
            audited(person=user.email, role=user.role, rights_changed=changed)
    except (InvalidInput, Refused) as error:
        invalid = error if isinstance(error, InvalidInput) else InvalidInput.of(str(error))
        with reading() as session:
            return _page(session, _user(session, user_id), Form(values=request.form.to_dict()).refused(invalid, FIELDS)), 422
    tell(tp("people.rights_saved") if changed else tp("common.saved"))
    _tell_left(left)
    return redirect(url_for("people.show", user_id=user_id))


@routes.post("/settings/people/<int:user_id>/deactivate")
@permission("manage_users", of="everywhere")
def deactivate(user_id: int) -> Response:
    left: list[str] = []

    def change(session: Session, user: User) -> None:
        accounts.deactivate(session, user, now=utc_now())
        left.extend(reminding.hand_back(session, user))

    answer = _changed(user_id, change, "people.deactivated")
    _tell_left(left)
    return answer


@routes.post("/settings/people/<int:user_id>/activate")
@permission("manage_users", of="everywhere")
def activate(user_id: int) -> Response:
    def change(_: Session, user: User) -> None:
        user.deactivated_at = None

    return _changed(user_id, change, "people.activated")


@routes.post("/settings/people/<int:user_id>/end-sessions")
@permission("manage_users", of="everywhere")
def end_sessions(user_id: int) -> Response:
    return _changed(user_id, accounts.end_sessions, "people.sessions_ended")


@routes.post("/settings/people/<int:user_id>/second-factor")
@permission("manage_users", of="everywhere")
def forget_second_factor(user_id: int) -> Response:
    """For somebody who lost the telephone and the recovery codes."""
    return _changed(user_id, second_factor.switch_off, "people.second_factor_off")


@routes.post("/settings/people/<int:user_id>/reset")
@permission("manage_users", of="everywhere")
def reset(user_id: int) -> Response:
    """Another letter: an invitation to who has no password yet, a way to a new one for everybody else."""
    with transaction() as session:
        user = _user(session, user_id)
        if user.deactivated_at is not None:
            raise Refused("This account is deactivated: activate it first.")
        audited(person=user.email)
        link = account_letters.send(session, user, RESET if user.password_hash else INVITE, by=person().actor, now=utc_now())
    _tell_sent(user, link, tp("people.letter_sent", email=user.email))
    return redirect(url_for("people.show", user_id=user_id))


def _tell_left(milestones: Sequence[str]) -> None:
    """What nobody sees to any more, for who can ask somebody else."""
    if milestones:
        tell(tp("people.left", what="; ".join(milestones)), "warn")


def _tell_sent(user: User, link: str, told: str) -> None:
    """Where no list gives letters a sender, or no server takes them, the link is handed over by the person who asked for it."""
    if link:
        tell(tp("people.hand_over", email=user.email, link=link), "warn")
        return
    desk().ring(0)
    if desk().only_captures:
        tell(tp("people.captured", email=user.email), "warn")
    else:
        tell(told)


def _changed(user_id: int, change: Callable[[Session, User], object], told: str) -> Response:
    try:
        with transaction() as session:
            user = _user(session, user_id)
            change(session, user)
            audited(person=user.email)
    except Refused as refusal:
        tell(str(refusal), "bad")
    else:
        tell(tp(told))
    return redirect(url_for("people.show", user_id=user_id))


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such person.")
    return user


def _lists(session: Session) -> Mapping[int, MailingList]:
    return {found.id: found for found in session.scalars(select(MailingList).order_by(MailingList.slug))}


def _single_roles(session: Session) -> Mapping[int, Mapping[int, str]]:
    """By person, the roles on single lists."""
    found: dict[int, dict[int, str]] = {}
    for row in session.scalars(select(ListRole).order_by(ListRole.list_id)):
        found.setdefault(row.user_id, {})[row.list_id] = row.role
    return found


def _give_rights(session: Session, user: User) -> bool:
    chosen = {list_id: text(request.form, f"list.{list_id}") for list_id in _lists(session)}
    list_roles = {list_id: role for list_id, role in chosen.items() if role}
    return set_rights(session, user, role=_role(), all_lists=request.form.get("all_lists") == "1", list_roles=list_roles)


def _role() -> str:
    """Without "all lists" the role is not asked for."""
    return text(request.form, "role") or ROLES[0]


def _language() -> str:
    asked = request.form.get("language", "")
    return asked if asked in INTERFACE else ""


def _shown(user: User, rights: Rights) -> dict[str, str]:
    single = {f"list.{list_id}": role for list_id, role in rights.list_roles.items()}
    facts = {"name": user.name, "language": user.language, "role": user.role, "all_lists": "1" if user.all_lists else ""}
    return facts | single


def _page(session: Session, user: User, form: Form) -> str:
    count = session.scalar(select(func.count(UserSession.id)).where(UserSession.user_id == user.id, UserSession.expires_at > utc_now()))
    return render_template(
        "people/person.html", user=user, form=form, lists=_lists(session).values(), roles=ROLES, languages=INTERFACE, sessions=count
    )


def _invite_page(form: Form) -> str:
    with reading() as session:
        return render_template("people/invite.html", form=form, lists=_lists(session).values(), roles=ROLES, languages=INTERFACE)
