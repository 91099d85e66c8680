"""From the first byte to a line that is ready for letters: greeting, EHLO, TLS, log-in."""

import asyncio
import base64
import ipaddress
import socket
import ssl
from dataclasses import dataclass

from newsroom.relay_urls import SmtpAddress
from newsroom.sendqueue.transports.base import Reply
from newsroom.sendqueue.transports.replies import is_positive
from newsroom.sendqueue.transports.smtp_commands import Features, read_features
from newsroom.sendqueue.transports.smtp_line import SmtpLine

GO_ON = 334


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """The longest each phase may take, in seconds; `dot` is RFC 5321's ten minutes, since a shorter wait makes duplicates."""

    greeting: float = 60
    command: float = 300
    body: float = 600
    dot: float = 600


class Unwelcome(Exception):
    """The server does not want us; `fault`: and will not next time either."""

    def __init__(self, reply: Reply, *, fault: bool) -> None:
        super().__init__(str(reply))
        self.reply, self.fault = reply, fault


async def greet(line: SmtpLine, address: SmtpAddress, deadlines: Deadlines) -> Features:
    """Connect and do everything that comes before the first letter."""
    context = ssl.create_default_context(cafile=address.ca_file or None) if address.tls != "none" else None
    await asyncio.get_running_loop().create_connection(lambda: line, address.host, address.port)
    if address.tls == "implicit" and context is not None:
        await line.start_tls(context, address.host, deadlines.greeting)
    _welcome("greeting", await line.reply(deadlines.greeting))
    features = await _say_hello(line, deadlines)
    if address.tls == "starttls" and context is not None:
        features = await _secure(line, context, address, features, deadlines)
    if address.user:
        await _log_in(line, address, features, deadlines)
    return features


def _welcome(step: str, reply: Reply) -> None:
    if not is_positive(reply):
        told = Reply(code=reply.code, enhanced_status=reply.enhanced_status, text=f"{reply.text} (at {step})")
        raise Unwelcome(told, fault=reply.code is not None and reply.code >= 500)


async def _say(line: SmtpLine, command: str, deadlines: Deadlines) -> Reply:
    line.write(command.encode() + b"\r\n")
    return await line.reply(deadlines.command)


async def _say_hello(line: SmtpLine, deadlines: Deadlines) -> Features:
    reply = await _say(line, f"EHLO {_our_name(line.own_address)}", deadlines)
    _welcome("EHLO", reply)
    return read_features(reply.text)


def _our_name(own_address: str) -> str:
    """The host's full name, else the address literal of RFC 5321 section 4.1.3."""
    name = socket.gethostname()
    if "." in name:
        return name
    own = ipaddress.ip_address(own_address.partition("%")[0])
    return f"[IPv6:{own}]" if own.version == 6 else f"[{own}]"


async def _secure(line: SmtpLine, context: ssl.SSLContext, address: SmtpAddress, features: Features, deadlines: Deadlines) -> Features:
    if not features.starttls:
        raise Unwelcome(Reply(text=f"{address.label} does not offer STARTTLS"), fault=True)
    _welcome("STARTTLS", await _say(line, "STARTTLS", deadlines))
    await line.start_tls(context, address.host, deadlines.greeting)
    return await _say_hello(line, deadlines)


async def _log_in(line: SmtpLine, address: SmtpAddress, features: Features, deadlines: Deadlines) -> None:
    if "PLAIN" in features.mechanisms:
        reply = await _say(line, f"AUTH PLAIN {_base64(f'{chr(0)}{address.user}{chr(0)}{address.password}')}", deadlines)
    elif "LOGIN" in features.mechanisms:
        reply = await _log_in_by_steps(line, address, deadlines)
    else:
        raise Unwelcome(Reply(text=f"{address.label} offers no log-in by PLAIN or LOGIN; does it want TLS first?"), fault=True)
    _welcome("log-in", reply)


async def _log_in_by_steps(line: SmtpLine, address: SmtpAddress, deadlines: Deadlines) -> Reply:
    reply = await _say(line, "AUTH LOGIN", deadlines)
    for word in (address.user, address.password):
        if reply.code != GO_ON:
            return reply
        reply = await _say(line, _base64(word), deadlines)
    return reply


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
