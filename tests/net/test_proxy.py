"""The header of the PROXY protocol: what it says, and what is none."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttt_net.proxy import BadHeader, Header, Source

LONGEST = 2048
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2(kind: int, addresses: bytes, command: int = 0x21) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, kind, len(addresses)) + addresses


def ipv4(source: str, port: int) -> bytes:
    return ip_address(source).packed + ip_address("10.0.0.1").packed + struct.pack("!HH", port, 80)


def ipv6(source: str, port: int) -> bytes:
    return ip_address(source).packed + ip_address("fd00::1").packed + struct.pack("!HH", port, 80)


UNIX = b"/run/a".ljust(108, b"\0") + b"/run/b".ljust(108, b"\0")
FULL = ":".join(["ffff"] * 8)
# A property: the type, the length, and a name as TLS would have it.
TLV = b"\x02\x00\x0bexample.org"

WHOLE: list[tuple[bytes, Source | None]] = [
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n", ("192.0.2.7", 56324)),
    (b"PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", ("255.255.255.255", 65535)),
    (b"PROXY TCP6 2001:db8::7 fd00::1 1 2\r\n", ("2001:db8::7", 1)),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", ("192.0.2.7", 1)),
    (b"PROXY TCP6 %b %b 65535 65535\r\n" % (2 * (FULL.encode(),)), (FULL, 65535)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN whatever\x00 may stand here\r\n", None),
    (b"PROXY UNKNOWN".ljust(105) + b"\r\n", None),
    (v2(0x11, ipv4("192.0.2.7", 56324)), ("192.0.2.7", 56324)),
    (v2(0x11, ipv4("192.0.2.7", 56324) + TLV), ("192.0.2.7", 56324)),
    (v2(0x21, ipv6("2001:db8::7", 0)), ("2001:db8::7", 0)),
    (v2(0x21, ipv6("2001:db8::7", 65535)), ("2001:db8::7", 65535)),
    (v2(0x21, ipv6("::ffff:192.0.2.7", 9) + TLV), ("192.0.2.7", 9)),
    (v2(0x11, ipv4("192.0.2.7", 1).ljust(LONGEST - 16, b"\0")), ("192.0.2.7", 1)),
    (v2(0x31, UNIX), None),
    (v2(0x10, ipv4("192.0.2.7", 1)), ("192.0.2.7", 1)),
    (v2(0x22, ipv6("2001:db8::7", 1)), ("2001:db8::7", 1)),
    (v2(0x00, b""), None),
    (v2(0x00, TLV), None),
    (v2(0x00, b"", command=0x20), None),
    (v2(0x11, ipv4("192.0.2.7", 1), command=0x20), None),
    (v2(0xFF, b"?", command=0x20), None),
]

BAD = [
    b"c1",
    b"q",
    b"GET / HTTP/1.1\r\n",
    b"PROXYTCP4",
    b"proxy TCP4",
    b"\r\n\r\n\0\r\nQUIT\r",
    b"PROXY\r\n",
    b"PROXY \r\n",
    b"PROXY UNKNOWN".ljust(106) + b"\r\n",
    b"PROXY UNKNOWN".ljust(107),
    b"PROXY UNKNOWNS\r\n",
    b"PROXY UDP4 192.0.2.7 10.0.0.1 56324 443\r\n",
    b"PROXY TCP4\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 56324\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443 \r\n",
    b"PROXY TCP4  192.0.2.7 10.0.0.1 56324 443\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\n\r\n",
    b"PROXY TCP4 192.0.2.256 10.0.0.1 56324 443\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.256 56324 443\r\n",
    b"PROXY TCP4 192.0.2.07 10.0.0.1 56324 443\r\n",
    b"PROXY TCP4 2001:db8::7 fd00::1 56324 443\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 65536 443\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 1 65536\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 01 443\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 -1 443\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 +1 443\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 1_0 443\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 \xb2 443\r\n",
    b"PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n",
    b"PROXY TCP6 2001:db8::7 10.0.0.1 1 2\r\n",
    b"PROXY TCP6 fe80::1%eth0 fd00::1 1 2\r\n",
    b"PROXY TCP6 fe80::1%\x1b[2J fd00::1 1 2\r\n",
    v2(0x11, ipv4("192.0.2.7", 1), command=0x11),
    v2(0x11, ipv4("192.0.2.7", 1), command=0x22),
    v2(0x41, ipv4("192.0.2.7", 1)),
    v2(0x13, ipv4("192.0.2.7", 1)),
    v2(0x11, ipv4("192.0.2.7", 1)[:-1]),
    v2(0x21, ipv6("2001:db8::7", 1)[:-1]),
    v2(0x31, UNIX[:-1]),
    SIGNATURE + struct.pack("!BBH", 0x21, 0x11, LONGEST - 15),
    SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 65535),
]


def take_byte_by_byte(header: Header, data: bytes) -> None:
    for at in range(len(data)):
        assert not header.is_whole
        assert header.take(data[at : at + 1]) == 1


@pytest.mark.parametrize(("header", "source"), WHOLE)
@pytest.mark.parametrize("rest", [b"", b"c1", b"\r\n", b"PROXY UNKNOWN\r\n"])
def test_a_header_is_read_and_what_follows_is_left(
    header: bytes, source: Source | None, rest: bytes
) -> None:
    read = Header(LONGEST)
    assert read.take(header + rest) == len(header)
    assert (read.is_whole, read.source, read.data) == (True, source, header)


@pytest.mark.parametrize(("header", "source"), WHOLE)
def test_a_header_may_come_in_any_two_pieces(header: bytes, source: Source | None) -> None:
    for cut in range(len(header)):
        read = Header(LONGEST)
        assert read.take(header[:cut]) == cut
        assert not read.is_whole
        assert read.take(header[cut:] + b"c1") == len(header) - cut
        assert (read.is_whole, read.source) == (True, source)


@pytest.mark.parametrize(("header", "source"), WHOLE)
def test_a_header_may_come_byte_by_byte(header: bytes, source: Source | None) -> None:
    read = Header(LONGEST)
    assert read.is_whole is False
    take_byte_by_byte(read, header)
    assert (read.is_whole, read.source) == (True, source)


@pytest.mark.parametrize("data", BAD)
def test_what_is_no_header_is_refused_whole_or_byte_by_byte(data: bytes) -> None:
    with pytest.raises(BadHeader):
        Header(LONGEST).take(data)
    read = Header(LONGEST)
    with pytest.raises(BadHeader):
        take_byte_by_byte(read, data)
    assert not read.is_whole
    assert data.startswith(read.data)


@pytest.mark.parametrize("data", [b"c", b"QUIT", b"PROXZ", b"\r\n\r\r"])
def test_it_is_refused_with_the_first_byte_that_belongs_to_none(data: bytes) -> None:
    read = Header(LONGEST)
    read.take(data[:-1] if data[:1] in b"P\r" else b"")
    with pytest.raises(BadHeader):
        read.take(data[-1:] if data[:1] in b"P\r" else data)


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [b"PROXY ", b"TCP4 ", b"TCP6 ", b"UNKNOWN", b"::1 ", b"192.0.2.7 ", b"\r\n"]
        ),
        st.sampled_from(
            [SIGNATURE, b"\x21\x11\x00\x0c", b"\x21\x21\x00\x24", b"\x20\x00\x00\x00"]
        ),
        st.integers(0, 70000).map(lambda number: b"%d " % number),
    ),
    max_size=12,
)


@given(PIECES, st.data())
@settings(derandomize=True, deadline=None)
def test_whatever_comes_is_a_header_or_none_and_it_does_not_matter_how_it_is_cut(
    pieces: list[bytes], dice: st.DataObject
) -> None:
    def outcome(parts: list[bytes]) -> tuple[bool, bool, Source | None, int]:
        read, taken = Header(LONGEST), 0
        try:
            for part in parts:
                if read.is_whole:
                    break
                taken += read.take(part)
        except BadHeader:
            return True, False, None, 0
        return False, read.is_whole, read.source, taken

    data = b"".join(pieces)
    cut = dice.draw(st.integers(0, len(data)))
    assert outcome([data]) == outcome(pieces) == outcome([data[:cut], data[cut:]])
    source = outcome([data])[2]
    assert source is None or (str(ip_address(source[0])) == source[0] and 0 <= source[1] < 65536)
