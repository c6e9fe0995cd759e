"""The server's turns: each who is ready or due has one, and no more than its share of it."""

import pytest

from tests.net.rig import rigged, session_of
from ttt_net import Hub, Limits, Session, Stage
from ttt_net.connection import READ_FIRST
from ttt_net.deadlines import GRAIN


@pytest.mark.parametrize("most", [16, READ_FIRST, READ_FIRST + 50])
def test_one_client_cannot_keep_the_loop_from_the_others(most: int) -> None:
    heard: list[tuple[int, int]] = []

    class Listening(Hub):
        def receive(self, session: Session, data: bytes, now: float) -> None:
            heard.append((session.number, len(data)))
            super().receive(session, data, now)

    with rigged(Limits(read_bytes=most), hub_class=Listening) as rig:
        loud, quiet = rig.pair(), rig.pair()
        loud.say(b"c1" + b"ez" * 1000)
        quiet.say(b"c1")
        rig.server.step(0)
        assert sorted(heard) == [(1, most), (2, 2)]
        assert session_of(rig, 2).stage is Stage.WAITING
        heard.clear()
        for _ in range(5):
            rig.server.step(0)
        assert heard == [(1, most)] * 5


def test_all_whose_time_is_over_in_one_turn_are_told_so_in_it() -> None:
    with rigged() as rig:
        clients = [rig.pair(), rig.pair()]
        for number, client in enumerate(clients, 1):
            client.hear(b"A%d" % number)
        rig.clock.now += Limits().greeting + GRAIN
        rig.server.step(0)
        for client in clients:
            told = client.sock.recv(100)
            assert told == b"QYou have been put out: no answer came from you in time."
