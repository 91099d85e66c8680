"""newsroom issue: what may be done after the first try, and what it is decided by."""

import json

import click
from sqlalchemy.orm import Session

from newsroom.cli.acting import acting, as_option
from newsroom.cli.changing import change_issue, issue_id_argument
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.house import House
from newsroom.issues import Actor, Issue, get_issue
from newsroom.sendqueue import copying, repeating
from newsroom.sendqueue.explaining import RefusalClass, by_class
from newsroom.sendqueue.progress import refusals_of, status_json
from newsroom.sendqueue.refusal_table import EXPLANATIONS
from newsroom.sendqueue.way_out import refuse_without_way_out

number = click.IntRange(min=1, max=2**63 - 1)


@click.command()
@issue_id_argument
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@as_option
def refusals(*, issue_id: int, as_json: bool, email: str | None) -> None:
    """Why letters were refused or put off: each reason with its class, how many, and what to do."""
    with opened_house() as house, house.database.reading() as session:
        acting(session, email, "see_people", get_issue(session, issue_id).list_id)
        found = by_class(refusals_of(session, issue_id))
        facts = status_json(session, issue_id)["refusals"]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for refused in found:
        _print_class(refused)
    if not found:
        click.echo(f"No letter of issue {issue_id} was refused or put off.")


@click.command()
@issue_id_argument
@click.option("--class", "classes", multiple=True, metavar="C", type=click.Choice(sorted(EXPLANATIONS)), help="May be given several times.")
@click.option("--all", "everything", is_flag=True, help="Every failed letter, whatever the reason.")
@as_option
def retry(*, issue_id: int, classes: tuple[str, ...], everything: bool, email: str | None) -> None:
    """Try failed letters again: those of the classes named; `newsroom issue refusals` shows them."""
    if bool(classes) == everything:
        raise InvalidInput.of("Name the classes to try again with --class, or give --all.")

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        refuse_without_way_out(session, house)
        chosen = None if everything else set(classes)
        retried = repeating.retry_failed(session, issue.id, classes=chosen, by=by, now=utc_now())
        return f"{retried} letters of issue {issue.id} are tried again."

    change_issue(issue_id, email, "extend", change, needs_sender=True)


@click.command()
@issue_id_argument
@click.option("--uncertain", is_flag=True, help="Also those whose letter is uncertain and may be sent again.")
@as_option
def extend(*, issue_id: int, uncertain: bool, email: str | None) -> None:
    """Send a sent issue to who joined since; nobody gets it twice."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        refuse_without_way_out(session, house)
        done = repeating.extend(session, issue.id, uncertain=uncertain, by=by, now=utc_now())
        also = f", and {done.resent} uncertain letters go again" if uncertain else ""
        return f"Issue {issue.id} goes to {done.joined} people who joined since{also}."

    change_issue(issue_id, email, "extend", change, needs_sender=True)


@click.command()
@issue_id_argument
@click.option("--delivery", "deliveries", multiple=True, type=number, metavar="N", help="Its delivery_id; may be given several times.")
@click.option("--all", "everything", is_flag=True, help="All that may be sent again.")
@as_option
def resend(*, issue_id: int, deliveries: tuple[int, ...], everything: bool, email: str | None) -> None:
    """Send uncertain letters again: some people may get them twice. Only 15 minutes after the try, and once its worker has ended."""
    if bool(deliveries) == everything:
        raise InvalidInput.of("Name the letters to send again with --delivery, or give --all.")

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        refuse_without_way_out(session, house)
        resent = repeating.resend(session, issue.id, deliveries or None, by=by, now=utc_now())
        return f"{resent} uncertain letters of issue {issue.id} are sent again."

    change_issue(issue_id, email, "extend", change, needs_sender=True)


@click.command()
@issue_id_argument
@click.option("--delivery", type=number, required=True, metavar="N", help="Its delivery_id.")
@click.option("--evidence", required=True, metavar="TEXT", help="How it is known that the letter arrived.")
@as_option
def resolve(*, issue_id: int, delivery: int, evidence: str, email: str | None) -> None:
    """Settle an uncertain letter: it arrived, and this is how it is known."""

    def change(_: House, session: Session, issue: Issue, by: Actor) -> str:
        repeating.accept_uncertain(session, delivery, evidence=evidence, by=by, now=utc_now(), issue_id=issue.id)
        return f"Delivery {delivery} is accepted."

    change_issue(issue_id, email, "extend", change)


@click.command()
@issue_id_argument
@click.argument("address")
@click.option("--language", default="", metavar="L", help="For an address that is not on the list. Default: the issue's first language.")
@as_option
def copy(*, issue_id: int, address: str, language: str, email: str | None) -> None:
    """Send one person a copy of an issue that is out: to a reader of the list as their own letter, to others as nobody's."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        refuse_without_way_out(session, house)
        made = copying.send_copy(session, issue.id, address, language=language, keys=house.keys, by=by, now=utc_now())
        return f"A copy of issue {issue.id} goes to {address} (delivery {made})."

    change_issue(issue_id, email, "copy", change, needs_sender=True)


def _print_class(refused: RefusalClass) -> None:
    words = refused.explanation
    click.echo(f"{refused.count} ({refused.failed} failed, {refused.deferred} put off): {words.title} [{words.key}]")
    click.echo(f"  {words.meaning} {words.advice}")
    for group in refused.groups:
        code = " ".join(str(word) for word in (group.code, group.status) if word)
        domains = ", ".join(f"{domain} {count}" for domain, count in group.domains)
        more = ", ..." if group.domain_count > len(group.domains) else ""
        click.echo(f"  {group.count}: {code} {' '.join(group.words.split())} ({domains}{more})")


VERBS = (refusals, retry, extend, resend, resolve, copy)
