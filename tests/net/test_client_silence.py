"""A server that falls silent where it owes a message is given up; a slow opponent is not."""

import pytest

from tests.net.client_scripts import DUE, WON, assert_broken, follow, hear
from ttt_net.client import SETTLE, Client
from ttt_net.limits import FUSE
from ttt_net.news import Numbered, Trouble
from ttt_net.steps import MATCH_PATIENCE

BORN = 1000.0
OWED = {0: FUSE, 2: MATCH_PATIENCE, 3: FUSE, 4: FUSE, 5: FUSE, len(WON) - 1: FUSE}
"""After how many items of WON the server owes a message, and how long it may take."""


def born_and_after(step: int) -> tuple[Client, float]:
    """A client that has heard `step` items of WON, and when it heard the last one."""
    client, now = Client(BORN), BORN
    for item in WON[:step]:
        if isinstance(item, int):
            client.move(item)
            continue
        client.receive(item, now)
        if item in (b"A67", b"I1234"):  # it ends when nothing follows
            now += SETTLE
            client.tick(now)
    client.outgoing = b""
    return client, now


def test_the_first_word_and_the_handshake_may_take_ten_seconds_and_a_match_thirty() -> None:
    assert (FUSE, MATCH_PATIENCE) == (10.0, 30.0)


@pytest.mark.parametrize("step", OWED)
def test_a_server_that_owes_a_message_is_given_up_when_its_time_is_over(step: int) -> None:
    client, now = born_and_after(step)
    until = now + OWED[step]
    assert client.next_deadline() == until
    assert client.tick(until - 0.01) == []
    assert assert_broken(client, client.tick(until), Trouble.SILENT) == f"{DUE[step]} was due"


@pytest.mark.parametrize("step", [6, 7, 9, 10, 13, 14])
def test_in_a_game_nobody_is_given_up_for_thinking(step: int) -> None:
    client, _ = born_and_after(step)
    assert client.next_deadline() is None
    assert client.tick(1e9) == []


def test_a_sign_of_life_begins_the_wait_for_a_match_again() -> None:
    client, now = born_and_after(2)
    for _ in range(50):
        now += 29.0
        assert client.tick(now) == []
        assert client.receive(b"Ez", now) == []
    assert client.next_deadline() == now + MATCH_PATIENCE


def test_the_clock_may_begin_at_nothing() -> None:
    assert Client(0.0).next_deadline() == FUSE


def test_half_a_message_is_no_message_but_begins_the_wait_again() -> None:
    client = Client(BORN)
    assert client.receive(b"A", BORN + 9) == []
    assert client.next_deadline() == BORN + 19
    assert_broken(client, client.tick(BORN + 19), Trouble.SILENT)


def test_the_end_of_a_number_begins_the_wait_for_what_follows() -> None:
    client = Client(BORN)
    client.receive(b"A7", BORN)
    assert client.tick(BORN + 1.0) == [Numbered(7)]
    assert client.next_deadline() == BORN + 1.0 + MATCH_PATIENCE


def test_a_farewell_has_its_own_time() -> None:
    client = Client(BORN)
    client.receive(b"QBye", BORN + 5)
    assert client.next_deadline() == BORN + 15
    client.receive(b".", BORN + 12)
    assert client.next_deadline() == BORN + 15


def test_a_client_that_knows_no_time_of_birth_waits_for_ever() -> None:
    for step in OWED:
        client, _ = follow(WON[:step])
        assert client.next_deadline() is None
        assert client.tick(1e9) == []
        assert hear(client, b"QBye.")
