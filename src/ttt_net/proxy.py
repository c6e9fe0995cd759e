"""The header of the PROXY protocol, versions 1 and 2: for whom a balancer has connected.

A balancer says in it, before anything else, from where the client has connected
(https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt). No sockets here: bytes come in,
in whatever pieces, and those behind the header are left alone.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import TypeAlias, final

Source: TypeAlias = tuple[str, int]
"""The address and the port of a client."""

UNKNOWN = b"PROXY UNKNOWN\r\n"
"""What who connects for nobody but itself sends (section 2.1): a balancer's own check."""

_SIGNATURE_1 = b"PROXY "
_SIGNATURE_2 = b"\r\n\r\n\0\r\nQUIT\n"

_LONGEST_1 = 107
"""How long a header of version 1 may be, with its end (section 2.1 of the specification)."""
_PORT = re.compile(r"0|[1-9][0-9]{0,4}")
_HIGHEST_PORT = 65535

_FIXED = Struct("!12sBBH")
"""Signature, version and command, family and transport, length of the rest (section 2.2)."""
_LOCAL, _PROXY = 0x20, 0x21
_IPV4, _IPV6 = 0x1, 0x2
_ADDRESSES = {
    0x0: Struct(""),
    _IPV4: Struct("!4s4sHH"),
    _IPV6: Struct("!16s16sHH"),
    0x3: Struct("108s108s"),
}
"""What a header of version 2 holds, by the family: none, IPv4, IPv6, or sockets in files."""
_TRANSPORTS = (0x0, 0x1, 0x2)


class BadHeader(ValueError):
    """What came is no header of the PROXY protocol."""


@final
class Header:
    """One header, which may come in pieces."""

    __slots__ = ("_longest", "data", "is_whole", "source")

    def __init__(self, longest: int) -> None:
        """Expect a header of at most `longest` bytes."""
        self._longest = longest
        self.data = b""
        """What has come of it; not to be trusted."""
        self.is_whole = False
        self.source: Source | None = None
        """The client; None if the balancer has connected for itself, or cannot say."""

    def take(self, data: bytes) -> int:
        """Take in what belongs to the header, and return how many bytes of `data` that is.

        All of them, unless the header is whole then. Raises BadHeader as soon as it is none.
        """
        before = len(self.data)
        self.data += data
        if _begins(self.data, _SIGNATURE_2):
            end = self._end_of_2()
        elif _begins(self.data, _SIGNATURE_1):
            end = self._end_of_1()
        else:
            raise BadHeader
        if end is None:
            return len(data)
        self.data = self.data[:end]
        self.source = _source_in(self.data)
        self.is_whole = True
        return end - before

    def _end_of_1(self) -> int | None:
        line, end, _ = self.data[:_LONGEST_1].partition(b"\r\n")
        if end:
            return len(line + end)
        if len(self.data) >= _LONGEST_1:
            raise BadHeader
        return None

    def _end_of_2(self) -> int | None:
        if len(self.data) < _FIXED.size:
            return None
        *_, length = _FIXED.unpack_from(self.data)
        end: int = _FIXED.size + length
        if end > self._longest:
            raise BadHeader
        return None if len(self.data) < end else end


def _begins(data: bytes, signature: bytes) -> bool:
    """Tell whether `data` is a piece of `signature`, or begins with it."""
    return data[: len(signature)] == signature[: len(data)]


def _source_in(header: bytes) -> Source | None:
    """Read a whole header. Raises BadHeader."""
    try:
        return _read_2(header) if header.startswith(_SIGNATURE_2) else _read_1(header)
    except BadHeader:
        raise
    except ValueError as error:
        raise BadHeader from error


def _read_1(header: bytes) -> Source | None:
    match header[:-2].decode("ascii").split(" "):
        case ["PROXY", "UNKNOWN", *_]:
            return None
        case ["PROXY", "TCP4", source, destination, source_port, destination_port]:
            IPv4Address(destination)
            _port(destination_port)
            return str(IPv4Address(source)), _port(source_port)
        case ["PROXY", "TCP6", source, destination, source_port, destination_port]:
            _ipv6(destination)
            _port(destination_port)
            return _shown(_ipv6(source)), _port(source_port)
        case _:
            raise BadHeader


def _read_2(header: bytes) -> Source | None:
    _, command, kind, _ = _FIXED.unpack_from(header)
    if command == _LOCAL:
        return None
    family, transport = divmod(kind, 16)
    addresses = _ADDRESSES.get(family)
    if command != _PROXY or addresses is None or transport not in _TRANSPORTS:
        raise BadHeader
    if len(header) < _FIXED.size + addresses.size:
        raise BadHeader
    # What comes after the addresses are further properties of the connection.
    found = addresses.unpack_from(header, _FIXED.size)
    if family == _IPV4:
        return str(IPv4Address(found[0])), found[2]
    if family == _IPV6:
        return _shown(IPv6Address(found[0])), found[2]
    return None


def _ipv6(text: str) -> IPv6Address:
    address = IPv6Address(text)
    # What may follow a `%` may be anything, and it would come into the log.
    if address.scope_id is not None:
        raise BadHeader
    return address


def _shown(address: IPv6Address) -> str:
    return str(address.ipv4_mapped or address)


def _port(text: str) -> int:
    if not _PORT.fullmatch(text) or int(text) > _HIGHEST_PORT:
        raise BadHeader
    return int(text)
