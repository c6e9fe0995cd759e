"""Whole worlds from fixed seeds, and worlds whose server is broken on purpose."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from select import EPOLLHUP
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any

import pytest

from tests.simulation.__main__ import main
from tests.simulation.announcement import TRUSTED
from tests.simulation.balancer import OUTSIDERS
from tests.simulation.population import FATES, HONEST
from tests.simulation.world import SimulationFailed, World
from ttt_core import Lobby
from ttt_net import Hub, HubWithBots, Server, proxy, vestibule, wire
from ttt_net.deadlines import Deadlines
from ttt_net.door import Door
from ttt_net.epoll import Epoll
from ttt_net.events import Refusal
from ttt_net.roster import Roster
from ttt_net.session import Session
from ttt_net.vestibule import Vestibule

EPOLLS = re.compile(r"under what conditions: Epoll (\d+),")

FIGURES = re.compile(
    r"(\d+) worlds, ([\d.]+) simulated hours, (\d+) players, \d+ games, (\d+) bots"
)

ROOT = Path(__file__).parents[2]

WORLDS = 48
"""How many worlds each of two processes runs: together ten hours and 20,000 players."""

CONDITIONS = ("StandardSelector", *(f"thinking {limit} s" for limit in ("0.7", "2.1", "5", "inf")))
"""What is rarer than the selector of the server, and the usual time to think."""

PATIENCE = 1800.0
"""Seconds after which a process that should have ended has failed its test."""


def begin(first: int) -> subprocess.Popen[str]:
    """Run the worlds from the seed `first` on.

    In a process of its own, so that nobody measures its coverage: it would take three times
    as long, and a second one can run beside it.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "tests.simulation", f"--first={first}", f"--seeds={WORLDS}"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_whatever_clients_networks_and_systems_do_the_server_keeps_its_word() -> None:
    processes = [begin(first) for first in (0, WORLDS)]
    try:
        outputs = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], "\n".join(outputs)
    figures = [FIGURES.match(output) for output in outputs]
    worlds, hours, players, bots = (sum(float(f[n]) for f in figures if f) for n in (1, 2, 3, 4))
    assert worlds == 2 * WORLDS
    assert hours >= 10
    assert players >= 20_000
    assert bots >= 1_000
    kinds = (*HONEST, *FATES, *OUTSIDERS, "rascal", *(f"refused as {why.name}" for why in Refusal))
    output = "\n".join(outputs)
    for kind in (*kinds, "EMFILE", "ECONNRESET", "ETIMEDOUT", "HUP", "ERR", "stall", *CONDITIONS):
        assert f" {kind} " in output, kind
    assert sum(map(int, EPOLLS.findall(output))) >= WORLDS


def test_the_same_seed_gives_the_same_world_to_the_last_byte() -> None:
    def digest(seed: int) -> str:
        world = World(seed, 100, with_digest=True)
        world.run()
        return world.timeline.digest

    assert digest(1) == digest(1) != digest(2)


def no_turn(after: Any, square: int) -> tuple[bytes, bytes]:
    mine, theirs = replies(after, square)
    return mine.replace(b"CN", b"CY"), theirs


def glued(player: int) -> bytes:
    return b"I%dEz" % player


def rude(roster: Roster, session: Session, _: str, now: float) -> None:
    """Tell everybody who is dismissed the same."""
    dismiss(roster, session, "You lose.", now)


def deaf(hub: Hub, *_: object) -> None:
    hub.touched.clear()


def idle(calendar: Deadlines[Any], now: float, most: int) -> list[Any]:
    """Take what is due, and give it to nobody."""
    take_due(calendar, now, most)
    return []


def strange(lobby: Lobby[Any], pairing: Any) -> None:
    """Forget the newcomer of a pairing that has failed."""


def asleep(vestibule: Vestibule, now: float) -> None:
    """See to the door alone, and not to who does not send a header."""
    vestibule._door.look_at_clock(now)


def forgetful(selector: Epoll, fileobj: Any) -> SelectorKey:
    """Watch `fileobj` no more, and let the system do so."""
    return selector._keys.pop(fileobj.fileno())


def stubborn(selector: Epoll, fileobj: Any, events: int, data: Any) -> SelectorKey:
    """Watch for something else, and let the system watch for the same as before."""
    key = selector._keys[fileobj.fileno()] = SelectorKey(fileobj, fileobj.fileno(), events, data)
    return key


def cheerful(selector: Epoll, timeout: float | None) -> list[tuple[SelectorKey, int]]:
    """Wait, and leave alone who is at its end."""
    return [
        (selector._keys[fd], EVENT_READ | EVENT_WRITE)
        for fd, found in selector._epoll.poll(None if timeout is None else max(0, timeout))
        if not found & EPOLLHUP
    ]


def seldom(roster: Roster, session: Session, now: float) -> None:
    """Look again as if it took longer to move than from one sign of life to the next."""
    roster.deadlines.set_at_latest(session, min(session.due, now + roster.limits.echo_every))


def unsettled(roster: Roster, session: Session, now: float) -> None:
    """Let a number settle for as long as it may be confirmed."""


def impatient(server: Server, seconds: float, there_is: Callable[[], int]) -> None:
    """Let nobody have time to end a game, or to read."""


def hasty(server: Server, timeout: float = inf) -> None:
    """Give up who seems to be silent, and do not ask once more whether anything has come."""
    due = min(server._hub.next_deadline(), server._door.due)
    ready = server._selector.select(server._patience(due, timeout))
    now = server._clock()
    server._hear(ready, now)
    if due <= now:
        server._carrier.expire_due(now)
        server._door.look_at_clock(now)


def narrow(selector: Epoll, timeout: float | None) -> list[tuple[SelectorKey, int]]:
    """Tell of a few who are ready, and not of the others."""
    few = selector._epoll.poll(None if timeout is None else max(0, timeout), 3)
    return [(selector._keys[fd], selector._keys[fd].events) for fd, _ in few]


def stingy(*_: object) -> bool:
    """Let nobody give way."""
    return False


def wasteful(door: Door, now: float, act: Callable[..., object], *what: object) -> bool:
    """Let somebody give way, and do not try again."""
    try:
        act(*what)
    except OSError as error:
        if not door._make_room():
            door._pause(error, now)
        return False
    return True


replies, take_due, dismiss = wire.replies, Deadlines.take_due, Roster.dismiss

BREAKS = [
    (wire, "replies", no_turn, "is said where"),
    (wire, "opponent", glued, "is said where|is glued|sent an E where none may be"),
    (wire, "number", lambda _: b"A7", "is no new number"),
    (Roster, "dismiss", lambda *_: None, "a Q is due|is said where"),
    (Roster, "dismiss", rude, "is said, and"),
    (Roster, "note_departure", lambda *_: None, "no word of it|it comes from"),
    (Roster, "hear_answer", lambda *_: True, "a Q is due|is said where|had time"),
    (Deadlines, "take_due", idle, "its time was over|have no deadline"),
    (Lobby, "come_back", strange, "is due"),
    (Hub, "lost", deaf, "is due|its time was over|spins"),
    (HubWithBots, "_is_weary", lambda *_: True, "too early"),
    (HubWithBots, "_bot_due", lambda _: inf, "no bot comes for"),
    (
        HubWithBots,
        "_go_on_waiting",
        Hub._go_on_waiting,
        "is said where|and not for|waits for somebody",
    ),
    (HubWithBots, "receive", Hub.receive, "is due"),
    (HubWithBots, "connections", Hub.connections, "not as many sockets"),
    (Vestibule, "look_at_clock", asleep, "waited for too long|spins"),
    (vestibule, "ip_address", lambda _: TRUSTED[0][5], "no balancer"),
    (vestibule, "peer_of", lambda _: "192.0.2.1:1", "it comes from"),
    (proxy, "_port", int, "is taken for a header"),
    (Epoll, "unregister", forgetful, "without a word|to watch|FileExistsError|KeyError"),
    (Epoll, "modify", stubborn, "spins|to watch"),
    (Epoll, "select", cheerful, "spins"),
    (Roster, "look_again", seldom, "its time was over"),
    (Roster, "hurry", unsettled, "its time was over"),
    (Server, "step", hasty, "had come in time|always been prompt"),
    (Epoll, "select", narrow, "had come in time|always been prompt"),
    (Server, "_make_room", stingy, "need not stay"),
    (Door, "with_room", wasteful, "need not stay"),
    (Server, "_go_on", impatient, "had time to end|may still be reading|without a word"),
]


def world_after_world() -> None:
    for seed in range(16):
        World(seed).run()


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
        world_after_world()


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
