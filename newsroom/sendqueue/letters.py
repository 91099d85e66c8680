"""Plans in memory, and from a claim to the envelope that a transport takes."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from newsroom.errors import CompileError
from newsroom.messages import Recipient, address_letter
from newsroom.public_links import NOBODY, PublicLinks
from newsroom.rendering.plan import Plan, has_content, load
from newsroom.renditions import load_plans
from newsroom.sendqueue.ledger import Claim
from newsroom.sendqueue.signing import Signers
from newsroom.sendqueue.transports.base import Envelope

PLANS_KEPT = 64


class LetterMaker:
    """Makes each person's bytes. Plans are learnt while claiming, so that making a letter asks the database nothing."""

    def __init__(self, links: PublicLinks) -> None:
        self._links = links
        self._signers = Signers(links.keys)
        self._plans: OrderedDict[int, Plan] = OrderedDict()

    def learn(self, connection: Connection, rendition_ids: Iterable[int | None]) -> None:
        """Have these plans and the keys that sign at hand; a plan that cannot be read is found out letter by letter."""
        self._signers.learn(connection)
        wanted = {number for number in rendition_ids if number is not None}
        if missing := wanted - self._plans.keys():
            for number, data in load_plans(Session(connection), missing).items():
                self._keep(number, data)
        while len(self._plans) > max(PLANS_KEPT, len(wanted)):
            self._plans.popitem(last=False)

    def _keep(self, number: int, data: bytes) -> None:
        try:
            self._plans[number] = load(data)
        except CompileError:
            self._plans.pop(number, None)

    def has_content(self, claim: Claim) -> bool:
        plan = self._plans.get(claim.rendition_id or 0)
        return plan is None or has_content(plan, claim.cut)

    def make(self, claim: Claim, *, now: datetime) -> Envelope:
        """The letter; whatever error comes out of here is about this person's letter alone."""
        plan = self._plans.get(claim.rendition_id or 0)
        if plan is None:
            raise CompileError("its compiled bytes are missing or damaged.", language=claim.language)
        recipient = Recipient(
            subscriber_id=claim.subscriber_id or NOBODY, address=claim.address, name=claim.name, language=claim.language,
            list_id=claim.list_id or 0,
        )  # fmt: skip
        letter = address_letter(
            plan, recipient, delivery_id=claim.delivery_id, kind=claim.kind, cut=claim.cut, links=self._links, now=now
        )  # fmt: skip
        data = self._signers.signed(letter.data, plan.domain, now)
        return Envelope(
            delivery_id=claim.delivery_id, sender=letter.envelope_sender, recipient=letter.envelope_recipient, data=data,
            # What a plan makes is quoted-printable and dotless; only an address beyond ASCII brings more into the header.
            ready=letter.envelope_recipient.isascii(),
        )  # fmt: skip
