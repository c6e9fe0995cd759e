"""An announcement: the header in which a balancer says for whom it comes, right or wrong.

Headers are made here and never read: who makes one knows what is in it, and what is wrong.
"""

import struct
from dataclasses import dataclass
from ipaddress import ip_network
from random import Random

TRUSTED = (ip_network("10.0.0.0/24"), ip_network("fd00:1::/64"))
"""From where balancers come."""

BALANCERS = ("10.0.0.5", "::ffff:10.0.0.6", "fd00:1::7")
STRANGERS = ("10.0.1.5", "::ffff:192.0.2.9", "fd00:2::7", "203.0.113.4")

LONGEST = 2048
"""How long a header may be, with all that it tells."""

RARE = 0.03
"""How many headers of version 2 are as long as that."""

_FIXED = 16
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

BROKEN = (
    b"c1",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01",
    b"PROXYTCP4",
    b"PROXY \r\n",
    b"PROXY TCP5 192.0.2.1 10.0.0.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 1 65536\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 01 2\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n",
    b"PROXY TCP4 ::1 10.0.0.1 1 2\r\n",
    b"PROXY TCP6 fe80::1%x ::1 1 2\r\n",
    b"PROXY UNKNOWN" + b" " * 94,
    _SIGNATURE[:-1] + b"\0",
    _SIGNATURE + b"\x31\x11\0\0",
    _SIGNATURE + b"\x22\x00\0\0",
    _SIGNATURE + b"\x21\x41\0\0",
    _SIGNATURE + b"\x21\x13\0\0",
    _SIGNATURE + b"\x21\x11\xff\xff",
    _SIGNATURE + b"\x21\x11\0\x04\1\2\3\4",
)
"""What is no header, or none that can be right."""

_PACKED = {
    "192.0.2.7": bytes((192, 0, 2, 7)),
    "2001:db8::7": b"\x20\x01\x0d\xb8" + bytes(11) + b"\x07",
    "::ffff:192.0.2.8": bytes(10) + b"\xff\xff" + bytes((192, 0, 2, 8)),
}
"""The addresses of clients, and how they are written in a header of version 2."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is said of one connection, and by whom."""

    host: str
    """The address of the other end."""
    port: int
    header: bytes
    """What is to be said first; not all of it may be."""
    client: str | None = None
    """For whom it comes, as the log is to have it; None if it is the other end itself."""
    is_broken: bool = False

    @property
    def is_trusted(self) -> bool:
        """Whether it comes from where balancers are."""
        return self.host in BALANCERS

    @property
    def address(self) -> tuple[str | int, ...]:
        """The address of the other end, as the system has it."""
        return (self.host, self.port, 0, 0) if ":" in self.host else (self.host, self.port)

    @property
    def other_end(self) -> str:
        """The address of the other end, as the log is to have it."""
        return _shown(self.host, self.port)


def header(rng: Random, port: int) -> tuple[bytes, str | None]:
    """Make a header of either version for somebody at `port`; say who that is, if it does."""
    host = rng.choice((*_PACKED, ""))
    make = rng.choice((_header_1, _header_2))
    return make(rng, host, port), _shown(host, port) if host else None


def _header_1(rng: Random, host: str, port: int) -> bytes:
    if not host:
        return rng.choice((b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n"))
    family, end = ("TCP6", "fd00:1::1") if ":" in host else ("TCP4", "10.0.0.1")
    return f"PROXY {family} {host} {end} {port} 8080\r\n".encode()


def _header_2(rng: Random, host: str, port: int) -> bytes:
    if host:
        source = _PACKED[host]
        kind = b"\x21\x21" if ":" in host else b"\x21\x11"
        body = source + bytes(len(source)) + struct.pack("!HH", port, 8080)
    else:
        # It comes for itself, twice; or it cannot say for whom; or from a socket in a file.
        nobody = ((b"\x20\0", b""), (b"\x20\x11", bytes(12)), (b"\x21\0", b""))
        kind, body = rng.choice((*nobody, (b"\x21\x31", b"/" * 216)))
    # More than addresses, and now and then as much as there may be.
    more = LONGEST - _FIXED - len(body) if rng.random() < RARE else rng.choice((0, 0, 7, 40))
    body += b"\x04" * more
    return _SIGNATURE + kind + struct.pack("!H", len(body)) + body


def _shown(host: str, port: int) -> str:
    host = host.removeprefix("::ffff:")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
