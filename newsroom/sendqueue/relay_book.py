"""Which relays count at present: asked again and again by a running sender, so that a change needs no restart."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsroom.house import House
from newsroom.relay_urls import Relay
from newsroom.relays import load_relays, relays_version
from newsroom.sendqueue.transports.base import Transport
from newsroom.sendqueue.transports.opening import open_relay


@dataclass(frozen=True)
class Way:
    """A relay and the transport that leads there."""

    relay: Relay
    transport: Transport


class RelayBook:
    """`ways` may be called from any thread, by one at a time. An unchanged relay keeps its transport."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._version = ""
        self._ways: tuple[Way, ...] = ()

    def ways(self) -> Sequence[Way]:
        """Those of this moment; ConfigurationError where one of them cannot be read."""
        settings, keys = self._house.settings, self._house.keys
        with self._house.database.reading() as session:
            version = relays_version(session, settings)
            if version != self._version:
                self._open(load_relays(session, settings, keys))
                self._version = version
        return self._ways

    def _open(self, relays: Sequence[Relay]) -> None:
        known = {way.relay: way for way in self._ways}
        folder = self._house.outbox_dir
        self._ways = tuple(known.get(relay) or Way(relay, open_relay(relay, outbox_dir=folder)) for relay in relays)


class FixedWays:
    """Always these."""

    def __init__(self, *transports: Transport, weights: Sequence[int] = ()) -> None:
        shares = [*weights, *[1] * len(transports)]
        self._ways = tuple(
            Way(Relay(name=transport.name, url=f"memory:{transport.name}", weight=weight), transport)
            for transport, weight in zip(transports, shares, strict=False)
        )

    def ways(self) -> Sequence[Way]:
        return self._ways
