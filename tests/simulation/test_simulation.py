"""Whole worlds from fixed seeds, and worlds whose server is broken on purpose."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.simulation.__main__ import main
from tests.simulation.population import FATES, HONEST
from tests.simulation.report import Report
from tests.simulation.world import SimulationFailed, World
from ttt_core import Lobby
from ttt_net import Hub, wire
from ttt_net.deadlines import Deadlines

PARTS = 12
"""In how many tests the fixed seeds are run."""

WORLDS = 8
"""How many worlds there are in a part."""


@cache
def part_of_the_worlds(part: int) -> Report:
    return sum((World(part * WORLDS + one).run() for one in range(WORLDS)), Report())


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_clients_networks_and_systems_do_the_server_keeps_its_word(part: int) -> None:
    assert part_of_the_worlds(part).worlds == WORLDS


def test_that_is_ten_hours_and_20_000_players_and_every_kind_of_fault() -> None:
    total = sum(map(part_of_the_worlds, range(PARTS)), Report())
    assert total.seconds >= 10 * 3600
    assert total.players >= 20_000
    assert set(total.visitors) == {*HONEST, *FATES, "cut short", "rascal"}
    assert set(total.faults) >= {"EMFILE", "ECONNRESET", "ECONNABORTED", "ETIMEDOUT", "stall"}


def test_the_same_seed_gives_the_same_world_to_the_last_byte() -> None:
    def digest(seed: int) -> str:
        world = World(seed, 100, with_digest=True)
        world.run()
        return world.timeline.digest

    assert digest(1) == digest(1) != digest(2)


def no_turn(before: Any, square: int) -> tuple[bytes, bytes]:
    mine, theirs = replies(before, square)
    return mine.replace(b"CN", b"CY"), theirs


def glued(player: int) -> bytes:
    return b"I%dEz" % player


def deaf(hub: Hub, *_: object) -> None:
    hub.touched.clear()


def idle(calendar: Deadlines[Any], now: float) -> list[Any]:
    """Take what is due, and give it to nobody."""
    take_due(calendar, now)
    return []


def strange(lobby: Lobby[Any], pairing: Any) -> None:
    """Forget the newcomer of a pairing that has failed."""


replies, take_due = wire.replies, Deadlines.take_due

BREAKS = [
    (wire, "replies", no_turn, "is said where"),
    (wire, "opponent", glued, "is said where|is glued|sent an E where none may be"),
    (wire, "number", lambda _: b"A7", "is no new number"),
    (wire, "goodbye", lambda _: b"", "a Q is due|was due"),
    (Deadlines, "take_due", idle, "its time was over|have no deadline"),
    (Lobby, "come_back", strange, "is due"),
    (Hub, "lost", deaf, "is due|its time was over|spins"),
]


@pytest.mark.parametrize(("where", "name", "broken", "complaint"), BREAKS)
def test_a_broken_server_is_found_out(
    where: Any,
    name: str,
    broken: Callable[..., object],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(where, name, broken)
    with pytest.raises(SimulationFailed, match=complaint):
        part_of_the_worlds.__wrapped__(0)


def test_a_failing_world_tells_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wire, "replies", no_turn)
    outputs = []
    for _ in range(2):
        assert main(["--first", "1", "--seeds", "2", "--players", "50"]) == 1
        outputs.append(capsys.readouterr().out.rpartition("; took")[0])
    assert outputs[0] == outputs[1]
    assert "python -m tests.simulation --first 1 --seeds 1 --players 50\n" in outputs[0]
    assert "failed: [1, 2]" in outputs[0]


def test_a_run_without_a_failure_ends_with_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "2", "--players", "20"]) == 0
    assert capsys.readouterr().out.startswith("2 worlds, ")
