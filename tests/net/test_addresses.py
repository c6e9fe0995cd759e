"""Addresses: what the system is asked for, and what a name that it cannot take is."""

import socket
from typing import Any

import pytest

from ttt_net.addresses import addresses_of


def test_an_address_stands_for_itself() -> None:
    assert addresses_of("127.0.0.1", 5000) == [(socket.AF_INET, ("127.0.0.1", 5000))]


def test_a_name_is_looked_up_as_one_to_connect_to_unless_it_is_one_to_listen_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[tuple[Any, ...]]()

    def look_up(host: str, port: int, **how: int) -> list[object]:
        asked.append((host, port, how["type"], how["flags"]))
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    addresses_of("far", 1)
    addresses_of("near", 2, socket.AI_PASSIVE)
    assert asked == [
        ("far", 1, socket.SOCK_STREAM, 0),
        ("near", 2, socket.SOCK_STREAM, socket.AI_PASSIVE),
    ]


@pytest.mark.parametrize("host", ["127..0.1", "a" * 64, "no\0where"])
def test_what_can_be_no_name_is_an_unknown_one(host: str) -> None:
    with pytest.raises(socket.gaierror) as raised:
        addresses_of(host, 5000)
    assert raised.value.args == (socket.EAI_NONAME, "Name or service not known")
