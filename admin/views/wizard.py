"""The first set-up, step by step: the account behind a printed link, then what the first list needs."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import guard, login_sessions, organisation, relay_forms, setup_link, setup_mail
from admin.context import desk, note, person, reading, tell, transaction
from admin.forms import Form, text
from admin.list_forms import chosen_languages
from admin.organisation import STEPS, Organisation, Tongues
from admin.permissions import permission, setup
from admin.sample_issue import add_sample, languages_of
from admin.speaking import LANGUAGE_COOKIE, page_language, speak, tp
from admin.views.account import A_YEAR
from admin.words.catalogue import INTERFACE
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NotFound
from newsroom.issues import Actor
from newsroom.local_times import zones_to_choose
from newsroom.mailing_lists import MailingList
from newsroom.media import MediaStore

routes = Blueprint("wizard", __name__)

ACCOUNT = ("name", "email", "password", "again")
FIELDS = (
    "name", "postal_address", "list_title", "from_name", "from_address", "host", "port", "tls", "user", "password", "languages", "original",
    "timezone",
)  # fmt: skip
Page = Response | str | tuple[str, int]


@routes.get("/setup/<token>")
@setup
def ask_account(token: str) -> str:
    with reading() as session_:
        setup_link.check(session_, desk().house.keys, token, now=utc_now())
    _speak(request.args.get("language", ""))
    return _account_page(token, Form(values={}))


@routes.post("/setup/<token>")
@setup
def take_account(token: str) -> Page:
    _speak(request.form.get("language", ""))
    given = {name: request.form.get(name, "") for name in ACCOUNT}
    try:
        with transaction() as session_:
            setup_link.check(session_, desk().house.keys, token, now=utc_now())
            user = setup_link.take_over(session_, **given, language=page_language(), now=utc_now())
            agent = request.headers.get("User-Agent", "")
            cookie = login_sessions.open_session(session_, user, agent=agent, now=utc_now())
            note(session_, "wizard.take_account", by=Actor(name=user.name or user.email, user_id=user.id))
    except InvalidInput as error:
        return _account_page(token, Form(values={"name": given["name"], "email": given["email"]}).refused(error, ACCOUNT)), 422
    return _let_in(cookie)


@routes.get("/setup/steps/<any(organisation,sender,mail,languages,sample):step>")
@permission("manage_lists", of="everywhere")
def ask(step: str) -> Page:
    with reading() as session_:
        ours = _ours(session_)
        if ours.done_at:
            return redirect(url_for("issues.index"))
        return _page(session_, ours, step, Form(values=_values(session_, ours, step)))


@routes.post("/setup/steps/<any(organisation,sender,mail,languages,sample):step>")
@permission("manage_lists", of="everywhere")
def take(step: str) -> Page:
    if step == "sample":
        return _end()
    try:
        with transaction() as session_:
            ours = _ours(session_)
            TAKEN[step](session_, ours)
            after = organisation.step_on(ours, step)
    except InvalidInput as error:
        return _refused(step, error), 422
    return _tried(after) if step == "mail" and request.form.get("way") == "smtp" else redirect(url_for("wizard.ask", step=after))


def _speak(language: str) -> None:
    if language in INTERFACE:
        speak(language)


def _account_page(token: str, form: Form) -> str:
    return render_template("wizard/account.html", token_of_link=token, form=form)


def _let_in(cookie: str) -> Response:
    session.clear()
    response = redirect(url_for("wizard.ask", step=STEPS[0]))
    guard.remember(response, cookie)
    response.set_cookie(LANGUAGE_COOKIE, page_language(), max_age=A_YEAR, path="/admin", samesite="Lax", httponly=True)
    return response


def _ours(session_: Session) -> Organisation:
    found = organisation.organisation(session_)
    if found is None:
        raise NotFound(tp("wizard.none"))
    return found


def _page(session_: Session, ours: Organisation, step: str, form: Form, **facts: Any) -> str:
    mailing_list = session_.get(MailingList, ours.list_id) if ours.list_id else None
    if step in ("languages", "mail"):
        facts |= {"zones": zones_to_choose(form.values.get("timezone", "")), "mail": setup_mail.situation(session_)}
    return render_template(
        f"wizard/{step}.html", ours=ours, step=step, steps=STEPS, reached=STEPS.index(ours.step), form=form,
        sample=languages_of(mailing_list) if mailing_list else [], has_list=mailing_list is not None, **facts,
    )  # fmt: skip


def _values(session_: Session, ours: Organisation, step: str) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(ours, name) for name in ("name", "postal_address", "list_title", "from_name", "from_address")}
    values["from_name"] = values["from_name"] or ours.name
    if step == "mail":
        values |= setup_mail.values(session_)
    if step == "languages":
        known = session_.get(MailingList, ours.list_id) if ours.list_id else None
        values |= {"original": known.original, "languages": known.languages, "timezone": known.timezone} if known else _first_guess()
    return values


def _first_guess() -> dict[str, Any]:
    return {"original": page_language(), "languages": [page_language()], "timezone": "UTC"}


def _refused(step: str, error: InvalidInput) -> str:
    values = request.form.to_dict() | {"languages": request.form.getlist("languages")}
    values.pop("password", None)
    told = relay_forms.with_lost_secrets(error, request.form)
    with reading() as session_:
        return _page(session_, _ours(session_), step, Form(values=values).refused(told, FIELDS))


def _take_organisation(_: Session, ours: Organisation) -> None:
    organisation.name_it(ours, name=text(request.form, "name"), postal_address=text(request.form, "postal_address"))


def _take_sender(_: Session, ours: Organisation) -> None:
    facts = {name: text(request.form, name) for name in ("list_title", "from_name", "from_address")}
    organisation.name_sender(ours, **facts)


def _take_mail(session_: Session, _: Organisation) -> None:
    setup_mail.keep(session_, request.form, by=person().actor, now=utc_now())


def _take_languages(session_: Session, ours: Organisation) -> None:
    tongues = Tongues(languages=chosen_languages(request.form), timezone=text(request.form, "timezone"))
    organisation.keep_list(session_, ours, tongues, now=utc_now())


TAKEN: dict[str, Callable[[Session, Organisation], None]] = {
    "organisation": _take_organisation,
    "sender": _take_sender,
    "mail": _take_mail,
    "languages": _take_languages,
}


def _tried(after: str) -> Page:
    """Straight on where the mail server answers well; else what is wrong, and the choice to go on all the same."""
    with reading() as session_:
        server = setup_mail.kept_server(session_)
    findings = setup_mail.attempt(server)
    if all(finding.severity == "good" for finding in findings):
        return redirect(url_for("wizard.ask", step=after))
    with reading() as session_:
        ours = _ours(session_)
        return _page(session_, ours, "mail", Form(values=_values(session_, ours, "mail")), findings=findings, after=after)


def _end() -> Response:
    with transaction() as session_:
        ours = _ours(session_)
        mailing_list = session_.get(MailingList, ours.list_id) if ours.list_id else None
        if mailing_list is None:
            return redirect(url_for("wizard.ask", step="languages"))
        issue_id = _sample(session_, mailing_list) if request.form.get("way") == "sample" and languages_of(mailing_list) else None
        ours.done_at = ours.done_at or utc_now()
    tell(tp("wizard.done"))
    return redirect(url_for("composer.page", issue_id=issue_id) if issue_id else url_for("new_issue.ask", list=mailing_list.slug))


def _sample(session_: Session, mailing_list: MailingList) -> int:
    store = MediaStore(desk().house.media_dir)
    return add_sample(session_, mailing_list, store=store, by=person().actor, now=utc_now()).id
