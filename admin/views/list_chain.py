"""What a list's readers see where a text is missing: left out, or shown in another language, and in which."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.context import reading, tell, transaction
from admin.forms import Form
from admin.permissions import permission
from admin.speaking import tp
from newsroom.errors import InvalidInput, Problem
from newsroom.mailing_lists import MailingList, get_list

routes = Blueprint("list_chain", __name__)

#: How many languages a reader is offered in turn before the issue's own order counts.
STEPS = ("first", "second", "third")
WAYS = ("fallback", "hide")


@routes.get("/lists/<slug>/chain")
@permission("manage_lists", of="list")
def show(slug: str) -> str:
    with reading() as session:
        mailing_list = get_list(session, slug)
        return _page(mailing_list, Form(values=_values(mailing_list)))


@routes.post("/lists/<slug>/chain")
@permission("manage_lists", of="list")
def save(slug: str) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            _apply(get_list(session, slug))
    except InvalidInput as error:
        return _refused(slug, error), 422
    tell(tp("chain.saved"))
    return redirect(url_for("list_chain.show", slug=slug))


def _refused(slug: str, error: InvalidInput) -> str:
    with reading() as session:
        mailing_list = get_list(session, slug)
        return _page(mailing_list, Form(values=request.form.to_dict()).refused(error, list(mailing_list.languages)))


def _page(mailing_list: MailingList, form: Form) -> str:
    return render_template("languages/chain.html", list=mailing_list, form=form, steps=_steps(mailing_list))


def _steps(mailing_list: MailingList) -> tuple[str, ...]:
    return STEPS[: len(mailing_list.languages) - 1]


def _values(mailing_list: MailingList) -> dict[str, Any]:
    values: dict[str, Any] = {"missing_translation": mailing_list.missing_translation}
    for language, chain in mailing_list.fallbacks.items():
        values |= {f"{language}.{step}": other for step, other in zip(STEPS, chain, strict=False)}
    return values


def _apply(mailing_list: MailingList) -> None:
    """Change the list as the form says; InvalidInput where a language stands twice in a row."""
    chains = {language: _chain_of(language, mailing_list) for language in mailing_list.languages}
    twice = [language for language, chain in chains.items() if len(set(chain)) < len(chain)]
    if twice:
        raise InvalidInput([Problem(place=language, message=tp("chain.twice")) for language in twice])
    mailing_list.fallbacks = {language: chain for language, chain in chains.items() if chain}
    way = request.form.get("missing_translation", "")
    mailing_list.missing_translation = way if way in WAYS else mailing_list.missing_translation


def _chain_of(language: str, mailing_list: MailingList) -> list[str]:
    chosen = [request.form.get(f"{language}.{step}", "") for step in STEPS]
    return [other for other in chosen if other in mailing_list.languages and other != language]
