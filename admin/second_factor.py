"""The second factor: a code of an authenticator app that is good once, and recovery codes for the day the telephone is gone."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from admin.accounts import User
from newsroom.db import change
from newsroom.keys import KeyRing
from newsroom.one_time import digest_of
from newsroom.sealing import seal, unseal

PURPOSE = "second factor"
ISSUER = "Newsroom"
STEP = 30
#: Clocks of telephones drift: the code before and the code after count as well.
DRIFT = 1
RECOVERY_CODES = 10
#: Without letters and digits that are read as one another.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What an authenticator app needs, to be scanned or typed."""

    secret: str
    uri: str

    @property
    def spaced(self) -> str:
        return " ".join(self.secret[place : place + 4] for place in range(0, len(self.secret), 4))

    @property
    def picture(self) -> str:
        """The code to scan, as an address that holds the picture."""
        return str(segno.make(self.uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"))


def begin(user: User, *, keys: KeyRing) -> None:
    """A fresh secret; it protects nothing until a code of it was shown to us."""
    user.totp_secret = seal(keys, PURPOSE, pyotp.random_base32(), bound_to=str(user.id))
    user.totp_confirmed_at = user.totp_last_step = None


def enrolment_of(user: User, *, keys: KeyRing) -> Enrolment | None:
    """Of a secret that is not confirmed yet; a confirmed one is never shown again."""
    if not user.totp_secret or user.totp_confirmed_at is not None:
        return None
    secret = _secret(user, keys)
    return Enrolment(secret=secret, uri=pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER))


def confirm(session: Session, user: User, code: str, *, keys: KeyRing, now: datetime) -> list[str] | None:
    """Switch it on, if this is a code of the secret begun with: the recovery codes, shown this once."""
    if not user.totp_secret or user.totp_confirmed_at is not None or not _take_code(session, user, code, keys=keys, now=now):
        return None
    user.totp_confirmed_at = now
    return recovery_codes(user)


def is_on(user: User) -> bool:
    return user.totp_confirmed_at is not None


def check_code(session: Session, user: User, code: str, *, keys: KeyRing, now: datetime) -> bool:
    """Whether this is a code of now or a recovery code; either is good for one time."""
    return _take_code(session, user, code, keys=keys, now=now) or _take_recovery_code(session, user, code)


def recovery_codes(user: User) -> list[str]:
    """Fresh ones, which are kept only as digests; the former ones open nothing any more."""
    codes = ["-".join(_word() for _ in range(3)) for _ in range(RECOVERY_CODES)]
    user.recovery_codes = [digest_of(code) for code in codes]
    return codes


def switch_off(session: Session, user: User) -> None:
    user.totp_secret, user.totp_confirmed_at, user.totp_last_step, user.recovery_codes = "", None, None, []
    session.flush()


def _take_code(session: Session, user: User, code: str, *, keys: KeyRing, now: datetime) -> bool:
    """The step of a code is kept with it: seen over a shoulder, it opens nothing, and of two at once one wins."""
    given = "".join(code.split())
    totp, present = pyotp.TOTP(_secret(user, keys)), int(now.timestamp()) // STEP
    for step in range(present - DRIFT, present + DRIFT + 1):
        if secrets.compare_digest(totp.at(step * STEP).encode(), given.encode()):
            unused = or_(User.totp_last_step.is_(None), User.totp_last_step < step)
            return change(session, update(User).where(User.id == user.id, unused).values(totp_last_step=step)) == 1
    return False


def _take_recovery_code(session: Session, user: User, code: str) -> bool:
    left = session.scalar(select(User.recovery_codes).where(User.id == user.id).with_for_update()) or []
    digest = digest_of("-".join(code.lower().replace("-", " ").split()))
    if digest not in left:
        return False
    user.recovery_codes = [one for one in left if one != digest]
    session.flush()
    return True


def _secret(user: User, keys: KeyRing) -> str:
    return unseal(keys, PURPOSE, user.totp_secret, bound_to=str(user.id))


def _word() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(5))
