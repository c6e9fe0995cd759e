"""The server over real sockets: who reads nothing, so that what is said to it stays unsent."""

import socket
from contextlib import suppress

import pytest

from tests.net.rig import Client, Rig, rigged, session_of
from ttt_net import Departure, Limits, Session, Stage
from ttt_net.events import PlayerLeft

LEFT = b"QYour opponent has left the game. You win."
TOO_SLOW = b"QYour opponent took too long to move. You win."

GRAIN = 0.25


def deaf_client(rig: Rig) -> Client:
    """A client that leaves so much unread that there is no room for a byte more."""
    ours, theirs = socket.socketpair()
    rig.stack.enter_context(ours)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # as little as there may be
    theirs.settimeout(0)
    with suppress(BlockingIOError):
        while theirs.send(b"."):
            pass
    rig.server.adopt(theirs, "deaf")
    return Client(rig, ours)


def begin(rig: Rig, deaf: Client) -> tuple[Session, Client]:
    """Let the one who hears nothing say all that is due until the first board; it waits for X."""
    session, x = session_of(rig, 1), rig.pair()
    for client, words in ((deaf, b"c1"), (x, b"c1"), (deaf, b"c2c3"), (x, b"c2c3")):
        for at in (0, 2):
            client.say(words[at : at + 2])
            rig.settle()
    x.hear(b"A2RXI1B         CY")
    assert session.outgoing == b"A1ROI2B         CN"
    return session, x


def let_pass(rig: Rig, seconds: float, player: Client) -> bytes:
    """Let time pass; the `player` answers signs of life, and what else it hears is returned."""
    heard = b""
    for _ in range(round(seconds / GRAIN)):
        rig.clock.now += GRAIN
        rig.settle()
        try:
            data = player.sock.recv(1024)
        except BlockingIOError:
            continue
        if b"Ez" in data:
            player.say(b"ez")
        heard += data.replace(b"Ez", b"")
    return heard


@pytest.mark.parametrize(
    ("move", "seconds", "told"),
    [(b"", 18.0, LEFT), (b"i5", 120.0, TOO_SLOW)],
    ids=["waits", "moves"],
)
def test_who_reads_nothing_is_given_up_in_its_time_with_its_bytes_unsent(
    move: bytes, seconds: float, told: bytes
) -> None:
    with rigged() as rig:
        deaf, x = begin(rig, deaf_client(rig))
        if move:
            x.say(move)
            x.hear(b"B    X    CN")
        assert let_pass(rig, seconds - GRAIN, x) == b""
        assert deaf.stage is Stage.PLAYING
        assert let_pass(rig, 2 * GRAIN, x) == told
        assert let_pass(rig, 60.0 - 2 * GRAIN, x) == b""
        assert deaf.outgoing.startswith(b"A1ROI2B         CN")
        assert deaf in rig.hub.sessions
        let_pass(rig, 2 * GRAIN, x)
        assert (deaf.stage, rig.server.connections) == (Stage.GONE, 0)


def test_who_reads_nothing_but_answers_all_is_given_up_beyond_4096_unsent_bytes() -> None:
    with rigged() as rig:
        client = deaf_client(rig)
        deaf = session_of(rig, 1)
        client.say(b"c1")
        rig.settle()
        most = Limits().unsent_bytes
        assert most == 4096
        for unsent in range(len(b"A1"), most, len(b"Ez")):
            assert len(deaf.outgoing) == unsent
            rig.clock.now += 6.25
            rig.server.step(0)
            client.say(b"ez")
            rig.server.step(0)
        assert len(deaf.outgoing) == most
        rig.clock.now += 6.25
        rig.settle()
        assert rig.events[-1] == PlayerLeft(1, Departure.DEAF, b"", probe=False)
        assert (deaf.stage, rig.server.connections) == (Stage.GONE, 0)
