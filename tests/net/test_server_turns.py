"""The server's turns: each who is ready has one, and in it no more than its share is read."""

import pytest

from tests.net.rig import rigged, session_of
from ttt_net import Hub, Limits, Session, Stage
from ttt_net.connection import READ_FIRST


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
