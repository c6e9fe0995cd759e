"""Addresses: what the system is asked for, and what a name that it cannot take is."""

import socket
from typing import Any

import pytest

from ttt_net.addresses import addresses_of


def test_an_address_stands_for_itself() -> None:
    assert addresses_of("127.0.0.1", 5000) == [(socket.AF_INET, ("127.0.0.1", 5000))]


def test_only_addresses_for_streams_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[Any, ...]]()

    def look_up(host: str, port: int, **how: int) -> list[object]:
        asked.append((host, port, how))
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    addresses_of("far", 1)
    assert asked == [("far", 1, {"type": socket.SOCK_STREAM})]


@pytest.mark.parametrize("host", ["127..0.1", "a" * 64, "no\0where"])
def test_what_can_be_no_name_is_an_unknown_one(host: str) -> None:
    with pytest.raises(socket.gaierror) as raised:
        addresses_of(host, 5000)
    assert raised.value.args == (socket.EAI_NONAME, "Name or service not known")
