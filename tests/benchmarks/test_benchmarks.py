import json
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import count, cycle
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import hub as hub_benchmark
from tests.benchmarks.__main__ import main
from tests.benchmarks.games import FIRST_BOARD, Game, Ply, random_games
from tests.benchmarks.load import PATIENCE, Figures, Load
from tests.benchmarks.player import Crowd, Player, Wrong
from tests.benchmarks.processes import PROC, cpu_seconds, tree_of
from tests.benchmarks.servers import ASYNCIO, OURS, Contender, running
from tests.benchmarks.table import table
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
        def connect(self, peer: str, now: float) -> Session:
            session = super().connect(peer, now)
            session.outgoing = lie(session.outgoing)
            return session

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


TURN = Figures(
    games=10,
    moves=80,
    seconds=0.5,
    user=0.002,
    system=0.001,
    busy=0.25,
    p50=100.0,
    p99=900.0,
    mistakes=[],
)


class TestTheCommand:
    def test_it_measures_both_servers_in_turns_and_finds_nothing_wrong(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["--games", str(GAMES), "--turns", "2", "--players", str(PLAYERS)])
        said = capsys.readouterr().out.splitlines()
        assert code == 0, said
        rows = [line.split("|")[1:-1] for line in said if line.startswith("|")]
        assert [row[0].strip() for row in rows[2:]] == [
            *("ttt", "asyncio", "ttt / asyncio, medians", "ttt / asyncio, best turns"),
        ]
        assert [row[-1].strip() for row in rows[2:4]] == ["0", "0"]
        assert said[0] == f"`python -m tests.benchmarks --games {GAMES} --turns 2 --players 5`"

    def test_it_names_the_mistakes_of_a_server_and_ends_with_status_1(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        source = Path(ASYNCIO.command[1]).read_text("utf-8")
        liar = tmp_path / "liar.py"
        liar.write_text(source.replace('("CN", "CY")', '("CN", "CN")'), "utf-8")
        server = f"{sys.executable} {liar} {{port}}"
        code = main(["--games=3", "--turns=1", "--players=2", f"--server={server}"])
        said = capsys.readouterr().out
        assert code == 1
        assert "\nother 1: player " in said
        assert "CN')" in said
        assert "\nttt: " not in said

    @pytest.mark.parametrize(
        "arguments",
        [
            *(["--server=ttt serve"], ["--server=no-such-command {port}"]),
            *(["--players=1"], ["--turns=0"], ["--games=0"]),
        ],
    )
    def test_it_refuses_what_cannot_be_measured(self, arguments: list[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2

    def test_a_server_that_does_not_listen_is_told_of(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deaf = Contender("ttt", (sys.executable, "-c", "'{port}'"))
        monkeypatch.setattr(benchmarks, "OURS", deaf)
        assert main(["--games=1", "--turns=1"]) == 1
        assert capsys.readouterr().err.startswith("ttt does not listen: ")


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
        with listening(hub_that_says(lambda out: out)) as (rig, port):
            load = play_by_hand(rig, port, games=100)
            assert load.mistakes == []
            assert load.crowd.finished >= 100
            assert rig.hub.sessions == []

    @pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
    def test_a_server_that_lies_is_caught(self, lie: Lie) -> None:
        with listening(hub_that_says(lie)) as (rig, port):
            assert play_by_hand(rig, port, games=100).mistakes

    def test_who_waits_answers_the_signs_of_life_it_is_asked_for(self) -> None:
        def ask(out: bytes) -> bytes:
            asked = out.replace(b"RO", b"EzRO").replace(b"RX", b"EzEzRX")
            return asked.replace(b"CN", b"CNEz") if b" CN" in out else asked

        with listening(hub_that_says(ask)) as (rig, port):
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


class TestAPlayer:
    def test_the_end_of_stream_before_the_result_is_wrong(self) -> None:
        new, (x, o) = Player(Crowd(iter([])), len), seated()
        x.take(FIRST_BOARD[0])
        for player in (new, x, o):
            with pytest.raises(Wrong, match="the stream has ended"):
                player.take(b"")

    def test_a_message_in_two_pieces_is_wrong(self) -> None:
        x, _ = seated()
        x.take(b"B         ")
        with pytest.raises(Wrong):
            x.take(b"C")

    def test_whole_messages_may_come_apart_or_together(self) -> None:
        x, o = seated()
        x.take(b"B         ")
        x.take(b"CY")
        o.take(b"B         CNI1BX        CY")
        x.take(b"BX        CN")


def seated() -> tuple[Player, Player]:
    """X and O, who have confirmed everything and been shown nothing."""
    first = Ply(b"i1", b"BX        CN", b"I1BX        CY")
    second = Ply(b"i2", b"BXO       CN", b"I2BXO       CY")
    crowd = Crowd(cycle([(first, second)]))
    o, x = Player(crowd, len), Player(crowd, len)
    for player, data in (
        *((o, b"A1"), (x, b"A2"), (o, b"RO"), (o, b"I2")),
        *((x, b"RX"), (x, b"I1")),
    ):
        player.take(data)
    return x, o


class TestTheGames:
    def test_they_are_the_same_for_the_same_seed_and_others_for_another(self) -> None:
        assert random_games(1, 50) == random_games(1, 50)
        assert random_games(1, 50) != random_games(2, 50)

    def test_they_end_in_each_way_that_there_is(self) -> None:
        games = random_games(1, 500)
        assert {len(game) for game in games} == {5, 6, 7, 8, 9}
        lines = {game[-1].mover[-4:] for game in games if b"CW" in game[-1].mover}
        assert lines == {b"P%03d" % n for n in (12, 345, 678, 36, 147, 258, 48, 246)}
        assert any(ends_in_a_draw(game) for game in games)


def ends_in_a_draw(game: Game) -> bool:
    return game[-1].mover.endswith(b"CD") and game[-1].other.endswith(b"CD")


class TestTheTable:
    def test_it_tells_medians_and_both_ratios(self) -> None:
        ours = [replace(TURN, user=user) for user in (0.002, 0.001, 0.007)]
        theirs = [replace(TURN, user=user) for user in (0.005, 0.001, 0.008)]
        theirs[2] = replace(theirs[2], mistakes=["?"])
        rows = [row.split("|") for row in table({"a": ours, "b": theirs}).splitlines()]
        cells = [[cell.strip() for cell in row[1:-1]] for row in rows]
        assert cells[2] == ["a", "300", "200", "100", "20", "100", "900", "0.25", "0"]
        assert cells[3] == ["b", "600", "500", "100", "20", "100", "900", "0.25", "1"]
        assert cells[4][:4] == ["a / b, medians", "0.50", "0.40", "1.00"]
        assert cells[5][:4] == ["a / b, best turns", "1.00", "1.00", "1.00"]

    def test_what_cannot_be_known_is_a_dash(self) -> None:
        unknown = replace(TURN, games=0, user=None, system=None)
        cells = table({"a": [unknown], "b": [unknown]}).splitlines()[4].split("|")
        assert [cell.strip() for cell in cells[2:6]] == ["-", "-", "-", "-"]


def read_to_the_end(sock: socket.socket) -> None:
    """Return when the other end is gone; raise TimeoutError if it stays."""
    try:
        while sock.recv(4096):
            pass
    except ConnectionResetError:
        pass


class TestTheProcesses:
    def test_what_a_server_starts_is_counted_and_ended_with_it(self) -> None:
        command = f"{sys.executable} {ASYNCIO.command[1]} {{port}}; :"
        with running(Contender("in a shell", ("/bin/sh", "-c", command))) as server:
            tree = tree_of(server.process.pid)
            used = cpu_seconds(tree)
            client = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        with client:
            read_to_the_end(client)
        if PROC.joinpath("self", "stat").exists():
            assert tree[0] == server.process.pid
            assert len(tree) == 2
            assert used is not None
            assert used.user + used.system > 0

    def test_of_a_process_that_is_gone_it_is_not_known(self) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            process.wait()
        assert cpu_seconds([process.pid]) is None


class TestTheHubBenchmark:
    def test_it_plays_games_and_prints_what_they_cost(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        hub_benchmark.main(["--games", "10", "--turns", "1"])
        rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if "|" in line]
        assert [cell.strip() for cell in rows[0][1:-1]] == [
            *("", "ns/move", "ns/game", "moves/s", "games/s"),
        ]
        assert all(int(cell) > 0 for row in rows[2:] for cell in row[2:-1])
        assert len(rows) == 4

    def test_it_counts_each_game_and_move(self) -> None:
        games = random_games(1, 3)
        costs = hub_benchmark.measure(games, 4, hub_benchmark.take_answers)
        assert costs.games == 4
        assert costs.moves == sum(map(len, (*games, games[0])))
        assert costs.in_moves < costs.in_all

    def test_a_wrong_answer_ends_it(self) -> None:
        (game,) = random_games(1, 1)
        wrong = (*game[:-1], game[-1]._replace(mover=b""))
        with pytest.raises(AssertionError):
            hub_benchmark.check([wrong])
