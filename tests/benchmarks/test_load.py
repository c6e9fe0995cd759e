import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from tests.benchmarks.load import PATIENCE, Figures, Load
from tests.benchmarks.servers import ASYNCIO, OURS, Contender, running
from tests.net.rig import Rig, listening
from ttt_net import Hub, Session

ROOT = Path(__file__).parents[2]

GAMES = 12
PLAYERS = 5

ROUNDS = 20_000
"""A server that is stepped by hand has failed after so many steps."""

WAIT = 0.001
"""Seconds that the load waits in a round in which nothing has come."""

Lie = Callable[[bytes], bytes]

LIES: dict[str, Lie] = {
    "no number": lambda out: b"A" if out.startswith(b"A") else out,
    "a number that is none": lambda out: out.replace(b"A", b"A0"),
    "the same number for all": lambda out: b"A7" if out.startswith(b"A") else out,
    "more after the number": lambda out: out + b"RO" if out.startswith(b"A") else out,
    "the marks the wrong way round": lambda out: _swapped(out, b"RX", b"RO"),
    "a mark that is none": lambda out: out.replace(b"RO", b"R0"),
    "an opponent who is not there": lambda out: b"I999" if _is_opponent(out) else out,
    "an opponent who is the other's": lambda out: b"I3" if _is_opponent(out) else out,
    "a first board that is not empty": lambda out: out.replace(b"B         ", b"BX        "),
    "the first turn to the wrong one": lambda out: _swapped(out, b" CY", b" CN"),
    "a wrong cell": lambda out: out.replace(b"BX", b"BO"),
    "a mark in a free square": lambda out: out.replace(b" C", b"XC"),
    "a board that is too short": lambda out: out.replace(b"CN", b"N"),
    "a wrong turn letter": lambda out: out.replace(b"CN", b"CY"),
    "no move of the opponent": lambda out: out if _is_opponent(out) else out.lstrip(b"I123456789"),
    "another move of the opponent": lambda out: out.replace(b"I1B", b"I2B"),
    "the wrong winner": lambda out: _swapped(out, b"CW", b"CL"),
    "a draw for a win": lambda out: out.replace(b"CW", b"CD"),
    "a win for a draw": lambda out: out.replace(b"CD", b"CW"),
    "no line": lambda out: out[:-4] if out[-4:].startswith(b"P") else out,
    "the wrong line": lambda out: out.replace(b"P012", b"P021"),
    "a line counted from one": lambda out: out.replace(b"P048", b"P159"),
    "more after the result": lambda out: out + b"!" if b"CW" in out else out,
    "a sign of life asked of who moves": lambda out: out + b"Ez" if b"CY" in out else out,
    "a sign of life asked before the number": lambda out: out.replace(b"A", b"EzA"),
    "a sign of life asked after the result": lambda out: out + b"Ez" if b"CD" in out else out,
    "half a sign of life": lambda out: out + b"E" if b"CN" in out else out,
    "a goodbye in the middle of a game": lambda out: b"QThat is all." if b"CN" in out else out,
}


def _swapped(out: bytes, one: bytes, other: bytes) -> bytes:
    return out.replace(one, b"?").replace(other, one).replace(b"?", other)


def _is_opponent(out: bytes) -> bool:
    return out.startswith(b"I") and b"B" not in out


def hub_that_says(lie: Lie) -> type[Hub]:
    class Liar(Hub):
        def welcome(self, session: Session, now: float) -> None:
            super().welcome(session, now)
            session.outgoing = lie(session.outgoing)

        def receive(self, session: Session, data: bytes, now: float) -> None:
            before = {told: told.outgoing for told in self.sessions}
            super().receive(session, data, now)
            for told in dict.fromkeys(self.touched):
                if told.outgoing != before.get(told):
                    told.outgoing = lie(told.outgoing)

    return Liar


def play_by_hand(rig: Rig, port: int, games: int = GAMES, seed: int = 1) -> Load:
    """Let the load play against a server of this process; the two take turns."""
    rounds = iter(range(ROUNDS))

    def step() -> None:
        next(rounds)
        rig.server.step(0)

    def done() -> bool:
        step()
        return load.crowd.finished + len(load.mistakes) >= games

    with closing(Load(port, PLAYERS, seed)) as load:
        load.play_until(done, WAIT)
        load.leave(step, WAIT)
    return load


class TestTheLoad:
    @pytest.mark.parametrize("contender", [OURS, ASYNCIO], ids=lambda contender: contender.name)
    def test_it_finds_no_wrong_byte_in_a_handful_of_games(self, contender: Contender) -> None:
        with running(contender) as server:
            said = subprocess.check_output(
                [
                    *(sys.executable, "-m", "tests.benchmarks.load", f"--games={GAMES}"),
                    *(f"--port={server.port}", f"--players={PLAYERS}"),
                ],
                cwd=ROOT,
            )
        found = Figures(**json.loads(said))
        assert found.mistakes == []
        assert found.games >= GAMES
        assert 5 * found.games <= found.moves <= 9 * found.games
        assert 0 < found.p50 <= found.p99

    def test_the_truth_is_no_lie(self) -> None:
        with listening(hub_class=hub_that_says(lambda out: out)) as (rig, port):
            load = play_by_hand(rig, port, games=100)
            assert load.mistakes == []
            assert load.crowd.finished >= 100
            assert rig.hub.sessions == []

    @pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
    def test_a_server_that_lies_is_caught(self, lie: Lie) -> None:
        with listening(hub_class=hub_that_says(lie)) as (rig, port):
            assert play_by_hand(rig, port, games=100).mistakes

    def test_who_waits_answers_the_signs_of_life_it_is_asked_for(self) -> None:
        def ask(out: bytes) -> bytes:
            asked = out.replace(b"RO", b"EzRO").replace(b"RX", b"EzEzRX")
            return asked.replace(b"CN", b"CNEz") if b" CN" in out else asked

        with listening(hub_class=hub_that_says(ask)) as (rig, port):
            load = play_by_hand(rig, port)
            assert load.mistakes == []
            assert load.crowd.finished >= GAMES

    def test_a_server_that_falls_silent_is_caught(self) -> None:
        clock = count(0, PATIENCE / 10)
        with (
            listening() as (_, port),
            closing(Load(port, 2, seed=1, clock=lambda: next(clock))) as load,
        ):
            load.play_until(lambda: bool(load.mistakes), wait=0)
        assert load.mistakes[0].startswith("player 0: a player number is due, but: Wrong('nothing")

    def test_no_server_at_all_is_a_mistake_and_not_for_ever(self) -> None:
        with listening() as (_, port):
            pass
        with closing(Load(port, 2, seed=1)) as load:
            load.play_until(lambda: False, WAIT)
        assert "ConnectionRefusedError" in load.mistakes[0]
