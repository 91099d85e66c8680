"""Who may open which captured letter: those to the staff hold invitations and resets, and are for whoever manages people."""

from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from admin.context import person
from newsroom.deliveries import Delivery
from newsroom.errors import NotFound
from newsroom.staff_letters import is_staff_letter


def sees_staff_letters() -> bool:
    return person().may("manage_users")


def delivery_of(session: Session, delivery_id: int) -> Delivery:
    """The delivery, where this person may see its letter; NotFound for every other, whether it exists or not."""
    chosen = select(Delivery).where(Delivery.id == delivery_id)
    found = session.scalar(chosen if sees_staff_letters() else chosen.where(not_(is_staff_letter())))
    if found is None:
        raise NotFound(f"There is no captured letter {delivery_id}.")
    return found
