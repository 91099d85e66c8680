"""Why a mail server cannot be used, in plain words: what is the matter, and what to do about it. The one place of these sentences."""

import socket
import ssl
from dataclasses import dataclass
from typing import Literal

from newsroom.relay_urls import SmtpAddress
from newsroom.sendqueue.transports.base import Reply

Step = Literal["connection", "TLS", "greeting", "EHLO", "STARTTLS", "log-in"]

_CHECK_ADDRESS = "check its host and port, and whether a firewall stands between"
_RIGHT_PORT = "look whether it is the right port: 587 is usual for STARTTLS, 465 for TLS from the start"
_OTHER_TLS = "choose STARTTLS (tls=starttls, usual on port 587) or the port for TLS from the start (usual is 465)"
_FROM_THE_START = "a server that waits for TLS from the start is silent like this: choose it (tls=implicit, usual on port 465)"
_NAME_ITS_FILE = "if it is meant to be so, save the certificate it can be trusted by in a file, and name that file (ca_file)"

# OpenSSL's X509_V_ERR numbers; its words differ between versions.
_CERTIFICATES: dict[int, tuple[str, str]] = {
    9: ("its certificate is not valid yet", "look at this machine's clock"),
    10: ("its certificate has expired", "have it renewed by whoever runs the mail server"),
    18: ("its certificate is self-signed", _NAME_ITS_FILE),
    19: ("its certificate is signed by a self-signed authority that this machine does not know", _NAME_ITS_FILE),
    20: ("its certificate comes from an authority that this machine does not know", _NAME_ITS_FILE),
    21: ("its certificate comes from an authority that this machine does not know", _NAME_ITS_FILE),
}
_OTHER_NAMES = (62, 64)
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "TLSV1_ALERT_PROTOCOL_VERSION", "DH_KEY_TOO_SMALL", "NO_SHARED_CIPHER")


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """`what` goes on after "the mail server ...:", `advice` says what to do; `fault`: it will be so next time as well."""

    what: str
    advice: str = ""
    fault: bool = False

    def __str__(self) -> str:
        return f"{self.what}; {self.advice}" if self.advice else self.what


def describe(error: Exception, address: SmtpAddress, step: Step) -> Trouble:
    """Of whatever went wrong on the way to the first letter."""
    if isinstance(error, socket.gaierror):
        return Trouble(what="its host name is not known", advice=f"check the name {address.host}, and that this machine can look up names")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, address)
    if isinstance(error, ssl.SSLError):
        return _of_tls(error, address)
    if isinstance(error, OSError) and _is_missing_file(error, address):
        return Trouble(
            what=f"the file of certificates {address.ca_file} cannot be read", advice="put it there, or name another", fault=True
        )
    return _of_line(str(error), isinstance(error, TimeoutError), error, address, step)


def _of_line(words: str, late: bool, error: Exception, address: SmtpAddress, step: Step) -> Trouble:
    if step == "connection":
        return _absence(words, late, error)
    if step == "TLS" and address.tls == "implicit" and "before TLS" in words:
        return Trouble(what=f"port {address.port} does not speak TLS from the start", advice=_OTHER_TLS, fault=True)
    silent = late or words.startswith("no answer within")
    if step == "greeting" and silent and address.tls != "implicit":
        return Trouble(what="it takes the connection and says nothing", advice=_FROM_THE_START)
    if step == "greeting" and words.startswith("no SMTP reply"):
        return Trouble(what="what answers there is no mail server", advice=_CHECK_ADDRESS, fault=True)
    if words.startswith(("connection closed", "connection lost")):
        return Trouble(what=words, advice=_RIGHT_PORT)
    return Trouble(what="it does not answer in time" if silent else words)


def _absence(words: str, late: bool, error: Exception) -> Trouble:
    # A name with several addresses refuses once for each, in one error without a type of its own.
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in words:
        return Trouble(what="nothing answers at this address and port", advice=_CHECK_ADDRESS)
    if late:
        return Trouble(
            what="it does not answer in time", advice="a firewall may stand between; many networks close port 25: try 587 or 465"
        )
    return Trouble(what=words or type(error).__name__, advice=_CHECK_ADDRESS)


def _is_missing_file(error: OSError, address: SmtpAddress) -> bool:
    return bool(address.ca_file) and isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError)


def _of_certificate(error: ssl.SSLCertVerificationError, address: SmtpAddress) -> Trouble:
    if error.verify_code in _OTHER_NAMES:
        advice = "write the host as it stands in the certificate, or have one made for this name"
        return Trouble(what=f"its certificate does not match the name {address.host}", advice=advice, fault=True)
    what, advice = _CERTIFICATES.get(error.verify_code, (f"its certificate cannot be trusted ({error.verify_message})", _NAME_ITS_FILE))
    return Trouble(what=what, advice=advice, fault=True)


def _of_tls(error: ssl.SSLError, address: SmtpAddress) -> Trouble:
    reason = error.reason or ""
    if reason in _NO_TLS and address.tls == "implicit":
        return Trouble(what=f"port {address.port} does not speak TLS from the start", advice=_OTHER_TLS, fault=True)
    if reason in _TOO_OLD:
        return Trouble(
            what="it speaks only TLS that is no longer safe", advice="have it brought up to date, at least to TLS 1.2", fault=True
        )
    if address.ca_file and not reason.startswith("TLS") and "CERTIFICATE_OR_CRL" in reason:
        return Trouble(what=f"the file {address.ca_file} holds no certificate", advice="name one in PEM form", fault=True)
    return Trouble(what=f"TLS failed: {(reason or str(error)).replace('_', ' ').lower()}", fault=True)


def refused(reply: Reply, address: SmtpAddress, step: Step) -> Trouble:
    """Of an answer that is no welcome."""
    advice = _advice_at_log_in(reply) if step == "log-in" else _ADVICE_AT.get(step, "")
    if reply.code == 530 or (step == "EHLO" and "starttls" in reply.text.lower()):
        advice = "it wants TLS first: choose STARTTLS (tls=starttls)"
    return Trouble(what=f"{_REFUSES[step].format(user=address.user)}: {reply}", advice=advice, fault=(reply.code or 0) >= 500)


_REFUSES: dict[Step, str] = {
    "connection": "it refuses the connection",
    "TLS": "it refuses TLS",
    "greeting": "it turns this machine away",
    "EHLO": "it turns this machine away",
    "STARTTLS": "it refuses to begin TLS",
    "log-in": "it refuses the log-in as {user}",
}
_ADVICE_AT: dict[Step, str] = {
    "greeting": "ask whoever runs it whether this machine's address may send through it",
    "EHLO": "ask whoever runs it whether this machine's address may send through it",
    "STARTTLS": "ask whoever runs it to look at its certificate",
}


def _advice_at_log_in(reply: Reply) -> str:
    if reply.code is not None and 400 <= reply.code < 500:
        return "it may take it later"
    if reply.code == 534 or "application-specific" in reply.text.lower():
        return "it wants a password made for programs, or XOAUTH2: make one where its accounts are kept"
    return "check user and password"


def no_starttls(address: SmtpAddress) -> Trouble:
    advice = "choose TLS from the start (tls=implicit, usual on port 465), or no encryption if it stands in your own network (tls=none)"
    return Trouble(what=f"{address.label} does not offer STARTTLS", advice=advice, fault=True)


def no_mechanism(offered: tuple[str, ...], wanted: str, address: SmtpAddress) -> Trouble:
    if not offered:
        advice = "it may want TLS first (tls=starttls), or know this machine and want no log-in at all"
        return Trouble(what=f"{address.label} offers no log-in", advice=advice, fault=True)
    advice = "choose XOAUTH2 (auth=xoauth2)" if "XOAUTH2" in offered else "ask whoever runs it for one of these"
    return Trouble(what=f"{address.label} offers no log-in by {wanted} but {', '.join(offered)}", advice=advice, fault=True)


def token_refused(address: SmtpAddress, said: str) -> Trouble:
    advice = "check that the application may send as this user, and give Newsroom new tokens"
    return Trouble(what=f"it refuses the access token of {address.user}, and a fresh one too: {said}", advice=advice, fault=True)
