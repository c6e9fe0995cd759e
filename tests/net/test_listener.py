"""Listening sockets: addresses, ports, and what is left open when it fails."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ttt_net import Limits
from ttt_net.listener import Listener, listen, peer_of, port_of, prepare

Listened = list[socket.socket]


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def opened(closing: ExitStack, port: int = 0, host: str | None = None) -> Listened:
    return [closing.enter_context(listener) for listener in listen(port, host)]


def can_connect(host: str, port: int) -> bool:
    with socket.create_connection((host, port), timeout=10):
        return True


@pytest.mark.parametrize("host", [None, "127.0.0.1", "localhost"])
def test_ipv4_clients_connect(closing: ExitStack, host: str | None) -> None:
    assert can_connect("127.0.0.1", port_of(opened(closing, host=host)[0]))


@pytest.mark.parametrize("host", [None, "::1"])
def test_ipv6_clients_connect(closing: ExitStack, host: str | None) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 on loopback")
    assert can_connect("::1", port_of(opened(closing, host=host)[0]))


def test_one_socket_is_for_both_even_where_the_system_would_keep_them_apart(
    closing: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    init = Listener.__init__

    def apart(listener: Listener, family: int, *rest: int) -> None:
        init(listener, family, *rest)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)

    monkeypatch.setattr(Listener, "__init__", apart)
    assert can_connect("127.0.0.1", port_of(opened(closing)[0]))


def test_without_ipv6_it_listens_on_ipv4(
    closing: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "has_ipv6", False)
    (listener,) = opened(closing)
    assert listener.family is socket.AF_INET
    assert can_connect("127.0.0.1", port_of(listener))


@pytest.mark.parametrize(
    "missing", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT]
)
def test_where_ipv6_is_switched_off_it_listens_on_ipv4(
    closing: ExitStack, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    def bind(listener: Listener, address: tuple[str, int]) -> None:
        if listener.family is socket.AF_INET6:
            raise OSError(missing, "no IPv6")
        socket.socket.bind(listener, address)

    monkeypatch.setattr(Listener, "bind", bind)
    (listener,) = opened(closing)
    assert listener.family is socket.AF_INET


def test_what_goes_wrong_otherwise_with_ipv6_is_not_hidden_by_ipv4(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[socket.AddressFamily] = []

    def refuse(family: socket.AddressFamily, *_: object) -> Listener:
        tried.append(family)
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(socket, "has_ipv6", True)
    monkeypatch.setattr("ttt_net.listener._open", refuse)
    with pytest.raises(OSError, match="already in use"):
        listen(0)
    assert tried == [socket.AF_INET6]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_listener_knows_its_family_and_its_type(
    closing: ExitStack, family: socket.AddressFamily
) -> None:
    if family is socket.AF_INET6 and not socket.has_ipv6:
        pytest.skip("this Python has no IPv6")
    listener = closing.enter_context(Listener(family, socket.SOCK_STREAM))
    copy = closing.enter_context(listener.dup())
    taken_over = closing.enter_context(Listener(fileno=copy.detach()))
    for one in (listener, taken_over):
        assert (one.family, one.type) == (family, socket.SOCK_STREAM)
    assert isinstance(taken_over.type, socket.SocketKind)


def test_whom_a_listener_accepts_is_a_socket_like_any_other(closing: ExitStack) -> None:
    (listener,) = opened(closing, host="127.0.0.1")
    closing.enter_context(socket.create_connection(listener.getsockname(), timeout=10))
    client = closing.enter_context(listener.accept()[0])
    assert type(client) is socket.socket
    assert (client.family, client.type) == (socket.AF_INET, socket.SOCK_STREAM)


def test_a_name_gets_a_socket_for_each_of_its_addresses_on_one_port(
    closing: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two_addresses(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    first, second = opened(closing, host="both.example")
    assert port_of(first) == port_of(second)
    assert [s.getsockname()[0] for s in (first, second)] == ["127.0.0.1", "127.0.0.2"]


def test_an_address_keeps_what_it_has_beside_host_and_port(
    closing: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link_local(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("fe80::1", 0, 5, 7))]

    places: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", link_local)
    monkeypatch.setattr(Listener, "bind", lambda _, place: places.append(place))
    opened(closing, 4000, "link.example")
    assert places == [("fe80::1", 4000, 5, 7)]


@pytest.mark.parametrize("host", [None, "127.0.0.1"])
def test_a_taken_port_is_refused_and_nothing_is_left_open(
    closing: ExitStack, host: str | None
) -> None:
    # An unclosed socket would be a warning, and warnings are errors here.
    port = port_of(opened(closing, host=host)[0])
    with pytest.raises(OSError, match="in use") as refusal:
        listen(port, host)
    assert refusal.value.errno == errno.EADDRINUSE


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror, match="not known"):
        listen(0, "no-such-host.invalid")


@pytest.mark.parametrize("host", ["127..0.1", "x" * 64])
def test_a_name_that_can_be_none_is_refused_as_unknown(host: str) -> None:
    with pytest.raises(socket.gaierror, match="not known"):
        listen(0, host)


def test_a_port_can_be_taken_again_at_once(closing: ExitStack) -> None:
    (first,) = listen(0, "127.0.0.1")
    port = port_of(first)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        first.settimeout(10)
        served, _ = first.accept()
        served.close()  # the server's side goes first: its end stays in TIME_WAIT
        assert client.recv(1) == b""
    first.close()
    assert port_of(opened(closing, port, "127.0.0.1")[0]) == port


def test_small_messages_are_not_held_back(closing: ExitStack) -> None:
    (listener,) = opened(closing, host="127.0.0.1")
    with socket.create_connection(listener.getsockname(), timeout=10):
        listener.settimeout(10)
        served, _ = listener.accept()
        with served:
            assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        (("127.0.0.1", 5000), "127.0.0.1:5000"),
        (("::ffff:127.0.0.1", 5000, 0, 0), "127.0.0.1:5000"),
        (("::1", 5000, 0, 0), "[::1]:5000"),
    ],
)
def test_addresses_are_written_as_operators_do(address: tuple[str | int, ...], peer: str) -> None:
    assert peer_of(address) == peer


def test_one_that_was_opened_elsewhere_is_set_up_like_our_own(closing: ExitStack) -> None:
    listener = closing.enter_context(socket.create_server(("127.0.0.1", 0)))
    prepare(listener, Limits())
    assert listener.gettimeout() == 0
    closing.enter_context(socket.create_connection(listener.getsockname(), timeout=10))
    client, _ = listener.accept()
    with client:
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert client.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
