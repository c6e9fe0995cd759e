"""The vestibule: who has come through the door says first for whom, if balancers are expected.

The server speaks first in the protocol, and to the client, so nobody is let in, and sent a
number, until the balancer's header is whole. Who does not send one is refused without a word:
what it would be told would go to a client that has said nothing wrong.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from selectors import EVENT_READ
from typing import TypeAlias, TypeVarTuple, final

from ttt_net.door import Door
from ttt_net.events import ConnectionRefused, Refusal, SessionFailed
from ttt_net.listener import peer_of
from ttt_net.proxy import BadHeader, Header

Network: TypeAlias = IPv4Network | IPv6Network
Ts = TypeVarTuple("Ts")


@dataclass(frozen=True, slots=True, eq=False)
class _Guest:
    """A connection whose header is not whole."""

    sock: socket.socket
    peer: str
    header: Header
    due: float


@final
class Vestibule:
    """A door, and behind it the connections whose header is not whole."""

    __slots__ = ("_connections", "_door", "_guests", "_last_refusal", "_trusted")

    def __init__(
        self, door: Door, trusted: Sequence[Network], connections: Callable[[], int]
    ) -> None:
        """Stand behind `door`, and let in whom balancers in the `trusted` networks announce.

        `connections` tells how many have been let in and are still there.
        """
        self._door = door
        self._trusted = tuple(trusted)
        self._connections = connections
        self._guests: dict[socket.socket, _Guest] = {}
        """The one that came first first; so the first is due first, too."""
        self._last_refusal: Refusal | None = None

    @property
    def listeners(self) -> list[socket.socket]:
        """Those that are open."""
        return self._door.listeners

    def accept(self, caller: socket.socket, now: float) -> Iterator[tuple[socket.socket, str]]:
        """Let in whose header is whole, with the addresses of the clients.

        `caller` is a listener, or one of those whose header is not whole.
        """
        for guest in self._who_comes(caller, now):
            if self._is_announced(guest, now):
                yield self._let_in(guest)

    @property
    def due(self) -> float:
        """When to look at the clock, in monotonic seconds; inf if there is no need to."""
        first = next(iter(self._guests.values()), None)
        return self._door.due if first is None else min(first.due, self._door.due)

    def look_at_clock(self, now: float) -> None:
        """Refuse whose header has not come in time, and see to the door."""
        for guest in list(self._guests.values()):
            if guest.due > now:
                break
            self._refuse(guest, Refusal.SLOW)
        self._door.look_at_clock(now)

    def with_room(self, now: float, act: Callable[[*Ts], object], *args: *Ts) -> bool:
        """Do what takes room for somebody who is let in; whether it has been done (see Door)."""
        return self._door.with_room(now, act, *args)

    def reopen(self, now: float) -> None:
        """End the pause of the door, if there is one, be it over or not."""
        self._door.reopen(now)

    def give_way(self) -> bool:
        """Refuse the one that has kept its header back longest; whether there is one."""
        guest = next(iter(self._guests.values()), None)
        if guest is not None:
            self._refuse(guest, Refusal.CROWDED)
        return guest is not None

    def close(self) -> None:
        """Close for good."""
        self._door.close()
        for guest in list(self._guests.values()):
            self._forget(guest)
            guest.sock.close()

    def _who_comes(self, caller: socket.socket, now: float) -> Iterator[_Guest]:
        guest = self._guests.get(caller)
        if guest is not None:
            yield guest
        elif caller in self._door.listeners:
            limits = self._door.limits
            for sock, peer in self._door.accept(caller, now):
                yield _Guest(sock, peer, Header(limits.header_bytes), now + limits.greeting)
        # Anybody else has been refused since the system said that there is something to read.

    def _is_announced(self, guest: _Guest, now: float) -> bool:
        """Whether the header of `guest` is whole, now that there is something to read."""
        try:
            is_expected = guest.sock in self._guests or self._admits(guest, now)
            return is_expected and self._hears_all_of(guest)
        except Exception as error:  # noqa: BLE001 - whatever it is, the house stays up
            self._forget(guest)
            guest.sock.close()
            self._door.emit(SessionFailed(None, error))
            return False

    def _admits(self, guest: _Guest, now: float) -> bool:
        """Wait for the header of `guest`, if it comes from where balancers are."""
        address = ip_address(guest.peer.rpartition(":")[0].strip("[]"))
        if not any(address in network for network in self._trusted):
            self._refuse(guest, Refusal.UNTRUSTED)
            return False
        guest.sock.settimeout(0)
        if not self._door.with_room(now, self._door.selector.register, guest.sock, EVENT_READ):
            guest.sock.close()
            return False
        self._guests[guest.sock] = guest
        limits = self._door.limits
        if len(self._guests) > max(limits.unannounced, limits.connections - self._connections()):
            self.give_way()
        return True

    def _hears_all_of(self, guest: _Guest) -> bool:
        """Read what has come of a header, and no more; whether it is whole now."""
        header = guest.header
        try:
            # What is behind the header is left where it is, for who reads the client's words.
            data = guest.sock.recv(self._door.limits.read_bytes, socket.MSG_PEEK)
            if data:
                guest.sock.recv(header.take(data))
                return header.is_whole
        except BlockingIOError:
            return False
        except BadHeader:
            self._refuse(guest, Refusal.MALFORMED)
        except OSError:
            self._refuse(guest, Refusal.CUT)
        else:
            self._refuse(guest, Refusal.CUT)
        return False

    def _let_in(self, guest: _Guest) -> tuple[socket.socket, str]:
        self._forget(guest)
        self._last_refusal = None
        source = guest.header.source
        return guest.sock, guest.peer if source is None else peer_of(source)

    def _refuse(self, guest: _Guest, why: Refusal) -> None:
        self._forget(guest)
        guest.sock.close()
        again, self._last_refusal = why is self._last_refusal, why
        self._door.emit(ConnectionRefused(guest.peer, why, guest.header.data, again))

    def _forget(self, guest: _Guest) -> None:
        if self._guests.pop(guest.sock, None) is not None:
            self._door.selector.unregister(guest.sock)
