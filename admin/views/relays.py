"""Mail servers: those that are used, what becomes of them when tried, and the keeping of them where the environment does not decide."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import relay_forms
from admin.context import desk, person, reading, tell, transaction
from admin.forms import Form
from admin.permissions import permission
from admin.speaking import tp
from newsroom import relays
from newsroom.clock import utc_now
from newsroom.errors import ConfigurationError, InvalidInput, NotFound, Refused
from newsroom.relay_urls import SmtpAddress
from newsroom.relays import KeptRelay, Relay, get_relay, list_relays, open_kept
from newsroom.sendqueue import relay_troubles
from newsroom.sendqueue.transports.probing import Finding, probe

routes = Blueprint("relays", __name__)

# A person waits for the answer: no step may take as long as it may in sending.
PATIENCE = 6.0
Told = Mapping[str, relay_troubles.Trouble]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One mail server as the page shows it; `id` only where it can be changed here."""

    name: str
    label: str
    weight: int
    enabled: bool = True
    id: int | None = None
    smtp: SmtpAddress | None = None
    trouble: relay_troubles.Trouble | None = None
    #: What it says of a limit below what is set.
    limit: relay_troubles.Trouble | None = None

    @property
    def state(self) -> tuple[str, str]:
        if not self.enabled:
            return "off", "tone-hollow"
        return ("trouble", "tone-bad") if self.trouble else ("on", "tone-good")


@routes.get("/settings/mail-servers")
@permission("manage_relays", of="everywhere")
def index() -> str:
    return _index()


@routes.post("/settings/mail-servers/<name>/try")
@permission("manage_relays", of="everywhere")
def attempt(name: str) -> str:
    """Connect, log in and leave: nothing is sent."""
    with reading() as session:
        relay, obstacle = _relay_called(session, name)
    findings = probe(relay, patience=PATIENCE) if relay else [Finding(severity="error", message=obstacle)]
    return _index(tried=name, findings=findings)


@routes.get("/settings/mail-servers/new")
@permission("manage_relays", of="everywhere")
def new() -> Response | str:
    return _back_where_locked() or _form_page(Form(values=relay_forms.fresh()))


@routes.post("/settings/mail-servers/new")
@permission("manage_relays", of="everywhere")
def add() -> Response | tuple[str, int]:
    if back := _back_where_locked():
        return back
    try:
        given = relay_forms.read(request.form)
        with transaction() as session:
            relays.add_relay(
                session, name=given.name, address=given.address, weight=given.weight,
                keys=desk().house.keys, by=person().actor, now=utc_now(),
            )  # fmt: skip
    except InvalidInput as error:
        return _refused(error), 422
    tell(tp("relays.added", name=given.name))
    return redirect(url_for("relays.index"))


@routes.get("/settings/mail-servers/<int:relay_id>")
@permission("manage_relays", of="everywhere")
def show(relay_id: int) -> Response | str:
    with reading() as session:
        kept = get_relay(session, relay_id)
        return _back_where_locked() or _form_page(Form(values=relay_forms.shown(kept)), kept)


@routes.post("/settings/mail-servers/<int:relay_id>")
@permission("manage_relays", of="everywhere")
def save(relay_id: int) -> Response | tuple[str, int]:
    if back := _back_where_locked():
        return back
    try:
        given = relay_forms.read(request.form)
        with transaction() as session:
            relays.change_relay(
                session, get_relay(session, relay_id), name=given.name, address=given.address, weight=given.weight,
                keys=desk().house.keys, by=person().actor, now=utc_now(),
            )  # fmt: skip
    except InvalidInput as error:
        with reading() as session:
            return _refused(error, get_relay(session, relay_id)), 422
    tell(tp("relays.taken_up", told=tp("common.saved")))
    return redirect(url_for("relays.index"))


@routes.post("/settings/mail-servers/<int:relay_id>/enable")
@permission("manage_relays", of="everywhere")
def enable(relay_id: int) -> Response:
    return _switched(relay_id, relays.enable_relay, "relays.used_again")


@routes.post("/settings/mail-servers/<int:relay_id>/disable")
@permission("manage_relays", of="everywhere")
def disable(relay_id: int) -> Response:
    return _switched(relay_id, relays.disable_relay, "relays.used_no_more")


@routes.get("/settings/mail-servers/<int:relay_id>/remove")
@permission("manage_relays", of="everywhere")
def ask(relay_id: int) -> Response | str:
    with reading() as session:
        kept = get_relay(session, relay_id)
        last = not any(other.enabled for other in list_relays(session) if other.id != kept.id)
        return _back_where_locked() or render_template("relays/remove.html", relay=_kept(kept, {}, {}), last=last)


@routes.post("/settings/mail-servers/<int:relay_id>/remove")
@permission("manage_relays", of="everywhere")
def remove(relay_id: int) -> Response:
    if back := _back_where_locked():
        return back
    try:
        with transaction() as session:
            kept = get_relay(session, relay_id)
            relays.remove_relay(session, kept)
    except Refused as refusal:
        tell(str(refusal), "bad")
    else:
        tell(tp("relays.forgotten", name=kept.name))
    return redirect(url_for("relays.index"))


def _switched(relay_id: int, change: Callable[..., None], told: str) -> Response:
    if back := _back_where_locked():
        return back
    try:
        with transaction() as session:
            change(session, get_relay(session, relay_id), by=person().actor, now=utc_now())
    except Refused as refusal:
        tell(str(refusal), "bad")
    else:
        tell(tp("relays.taken_up", told=tp(told)))
    return redirect(url_for("relays.index"))


def _back_where_locked() -> Response | None:
    if not desk().house.settings.relays:
        return None
    tell(tp("relays.locked_told"), "warn")
    return redirect(url_for("relays.index"))


def _relay_called(session: Session, name: str) -> tuple[Relay | None, str]:
    """The mail server of this name, in use or not, or why it cannot be opened."""
    house = desk().house
    for relay in house.settings.relays:
        if relay.name == name:
            return relay, ""
    for kept in () if house.settings.relays else list_relays(session):
        if kept.name == name:
            try:
                return open_kept(kept, house.settings, house.keys), ""
            except ConfigurationError as error:
                return None, str(error)
    raise NotFound(tp("relays.no_such"))


def _index(tried: str = "", findings: list[Finding] | None = None) -> str:
    environment = desk().house.settings.relays
    with reading() as session:
        found = {trouble.relay: trouble for trouble in relay_troubles.troubles(session)}
        limits = {limit.relay: limit for limit in relay_troubles.limits(session)}
        kept = list_relays(session)
        shown = [_of_environment(relay, found, limits) for relay in environment] or [_kept(one, found, limits) for one in kept]
        return render_template(
            "relays/index.html", relays=shown, locked=bool(environment), unused=len(kept) if environment else 0, tried=tried,
            findings=findings or [], total=sum(relay.weight for relay in shown if relay.enabled),
        )  # fmt: skip


def _of_environment(relay: Relay, troubles: Told, limits: Told) -> Shown:
    return Shown(
        name=relay.name, label=relay.label, weight=relay.weight, smtp=relay.smtp, trouble=troubles.get(relay.name),
        limit=limits.get(relay.name),
    )  # fmt: skip


def _kept(kept: KeptRelay, troubles: Told, limits: Told) -> Shown:
    address = kept.address
    return Shown(
        id=kept.id, name=kept.name, label=address.label, weight=kept.weight, enabled=kept.enabled, smtp=address,
        trouble=troubles.get(kept.name) if kept.enabled else None, limit=limits.get(kept.name) if kept.enabled else None,
    )  # fmt: skip


def _form_page(form: Form, kept: KeptRelay | None = None) -> str:
    return render_template("relays/form.html", form=form, kept=kept, encryption=relay_forms.encryption(), log_in=relay_forms.log_in())


def _refused(error: InvalidInput, kept: KeptRelay | None = None) -> str:
    told = relay_forms.with_lost_secrets(relay_forms.in_own_words(error), request.form)
    form = Form(values=relay_forms.typed(request.form)).refused(told, relay_forms.FIELDS)
    return _form_page(form, kept)
