"""What systemd is told, heard at the other end of a real AF_UNIX socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.supervisor import Supervisor
from ttt_cli.notifier import Notifier, beating, hearing, notifier_from
from ttt_net import Event, Hub
from ttt_net.events import Draining, Stopped

PID = 4711
DRAINING = Draining(players=0, games=0, seconds=2.0)


@pytest.fixture(params=[False, True], ids=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, is_abstract=request.param)
    yield supervisor
    supervisor.close()


def beat(notifier: Notifier, now: float, connections: int, games: int) -> float | None:
    return notifier.beat(now, connections, games, lambda: f"{connections} players, {games} games")


@pytest.fixture
def notifier(systemd: Supervisor) -> Iterator[Notifier]:
    notifier = Notifier(systemd.address)
    yield notifier
    notifier.close()


@pytest.fixture
def guarded(systemd: Supervisor) -> Iterator[Notifier]:
    """A notifier that a watchdog of 30 seconds listens to."""
    notifier = Notifier(systemd.address, 30.0)
    yield notifier
    notifier.close()


def test_the_first_beat_tells_that_the_server_is_ready(
    notifier: Notifier, systemd: Supervisor
) -> None:
    assert beat(notifier, 100.0, 0, 0) is None
    assert systemd.heard() == ["READY=1\nSTATUS=0 players, 0 games"]


@pytest.mark.parametrize(
    ("connections", "games", "status"),
    [(1, 0, "1 players, 0 games"), (3, 1, "3 players, 1 games")],
)
def test_who_is_there_is_told_when_it_has_changed(
    notifier: Notifier, systemd: Supervisor, connections: int, games: int, status: str
) -> None:
    beat(notifier, 100.0, 0, 0)
    systemd.heard()
    assert beat(notifier, 200.0, connections, games) is None
    assert systemd.heard() == [f"STATUS={status}"]
    assert beat(notifier, 300.0, connections, games) is None
    assert systemd.heard() == []


def test_a_change_is_told_five_seconds_after_the_last_one_at_the_earliest(
    notifier: Notifier, systemd: Supervisor
) -> None:
    beat(notifier, 100.0, 0, 0)
    systemd.heard()
    assert beat(notifier, 101.0, 1, 0) == 4.0
    assert beat(notifier, 104.5, 2, 0) == 0.5
    assert systemd.heard() == []
    assert beat(notifier, 105.0, 2, 1) is None
    assert systemd.heard() == ["STATUS=2 players, 1 games"]


def test_a_change_that_is_taken_back_in_that_time_is_not_told(
    notifier: Notifier, systemd: Supervisor
) -> None:
    beat(notifier, 100.0, 0, 0)
    systemd.heard()
    assert beat(notifier, 101.0, 1, 0) == 4.0
    assert beat(notifier, 102.0, 0, 0) is None
    assert beat(notifier, 106.0, 0, 0) is None
    assert systemd.heard() == []


def test_a_watchdog_hears_three_signs_of_life_in_its_time(
    guarded: Notifier, systemd: Supervisor
) -> None:
    assert beat(guarded, 100.0, 0, 0) == 10.0
    assert systemd.heard() == ["READY=1\nSTATUS=0 players, 0 games", "WATCHDOG=1"]
    assert beat(guarded, 109.0, 0, 0) == 1.0
    assert systemd.heard() == []
    for now in (110.0, 120.0, 130.0):
        assert beat(guarded, now, 0, 0) == 10.0
        assert systemd.heard() == ["WATCHDOG=1"]


def test_the_status_is_put_into_words_only_when_it_is_told(
    systemd: Supervisor, notifier: Notifier
) -> None:
    told = iter(["all is well"])
    notifier.beat(100.0, 0, 0, lambda: next(told))
    notifier.beat(101.0, 1, 0, lambda: next(told))
    assert systemd.heard() == ["READY=1\nSTATUS=all is well"]


def test_the_next_beat_is_due_for_the_status_or_for_the_watchdog(
    guarded: Notifier, systemd: Supervisor
) -> None:
    beat(guarded, 100.0, 0, 0)
    assert beat(guarded, 101.0, 1, 0) == 4.0
    beat(guarded, 105.0, 1, 0)
    assert beat(guarded, 106.0, 2, 0) == 4.0
    assert beat(guarded, 110.0, 2, 0) == 10.0
    assert beat(guarded, 111.0, 3, 0) == 4.0


def test_the_end_is_told_at_once_and_who_is_still_there_afterwards(
    notifier: Notifier, systemd: Supervisor
) -> None:
    beat(notifier, 100.0, 3, 1)
    systemd.heard()
    notifier.stop()
    assert systemd.heard() == ["STOPPING=1\nSTATUS=Shutting down"]
    beat(notifier, 100.1, 3, 1)
    beat(notifier, 105.1, 2, 1)
    assert systemd.heard() == [
        "STATUS=Shutting down: 3 players, 1 games",
        "STATUS=Shutting down: 2 players, 1 games",
    ]


def test_a_systemd_that_does_not_listen_is_told_later_that_the_server_is_ready(
    tmp_path: Path,
) -> None:
    notifier = Notifier(str(tmp_path / "notify"))
    assert beat(notifier, 100.0, 0, 0) == 5.0
    systemd = Supervisor(tmp_path)
    assert beat(notifier, 104.0, 1, 0) == 1.0
    assert beat(notifier, 105.0, 1, 0) is None
    assert systemd.heard() == ["READY=1\nSTATUS=1 players, 0 games"]
    systemd.close()
    notifier.stop()
    notifier.close()


def test_a_systemd_that_is_busy_is_not_waited_for(systemd: Supervisor) -> None:
    notifier = Notifier(systemd.address)
    taken = 0
    while notifier._say("WATCHDOG=1"):
        taken += 1
        assert taken < 100_000
    assert beat(notifier, 100.0, 0, 0) == 5.0
    assert systemd.heard() == ["WATCHDOG=1"] * taken
    assert beat(notifier, 105.0, 0, 0) is None
    assert systemd.heard() == ["READY=1\nSTATUS=0 players, 0 games"]
    notifier.close()


class TestTheEnvironment:
    def test_names_the_socket_and_the_watchdog_and_is_tidied_up(self, systemd: Supervisor) -> None:
        environment = {
            "NOTIFY_SOCKET": systemd.address,
            "WATCHDOG_USEC": "1500000",
            "WATCHDOG_PID": str(PID),
            "HOME": "/",
        }
        with notifier_from(environment, PID) as notifier:
            assert notifier is not None
            assert beat(notifier, 100.0, 0, 0) == 0.5
        assert systemd.heard() == ["READY=1\nSTATUS=0 players, 0 games", "WATCHDOG=1"]
        assert environment == {"HOME": "/"}
        assert notifier._sock.fileno() == -1

    def test_may_leave_out_whom_the_watchdog_means(self, systemd: Supervisor) -> None:
        environment = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "3000000"}
        with notifier_from(environment, PID) as notifier:
            assert notifier is not None
            assert beat(notifier, 100.0, 0, 0) == 1.0

    @pytest.mark.parametrize("span", [str(2**64 - 1), "9" * 5000])
    def test_may_name_a_watchdog_beyond_all_that_can_be_waited_for(
        self, systemd: Supervisor, span: str
    ) -> None:
        environment = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": span}
        with notifier_from(environment, PID) as notifier:
            assert notifier is not None
            assert beat(notifier, 100.0, 0, 0) == 8 * 3600

    @pytest.mark.parametrize(
        "watchdog",
        [
            {},
            {"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"},
            {"WATCHDOG_USEC": "0"},
            {"WATCHDOG_USEC": "-5"},
            {"WATCHDOG_USEC": "soon"},
            {"WATCHDOG_USEC": "\u0663"},
        ],
    )
    def test_may_have_no_watchdog_for_us(
        self, systemd: Supervisor, watchdog: dict[str, str]
    ) -> None:
        with notifier_from({"NOTIFY_SOCKET": systemd.address, **watchdog}, PID) as notifier:
            assert notifier is not None
            assert beat(notifier, 100.0, 0, 0) is None
        assert systemd.heard() == ["READY=1\nSTATUS=0 players, 0 games"]

    @pytest.mark.parametrize(
        "environment",
        [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "notify"}, {"NOTIFY_SOCKET": "vsock:2:9"}],
    )
    def test_may_tell_of_no_systemd(self, environment: dict[str, str]) -> None:
        with notifier_from(environment, PID) as notifier:
            assert notifier is None

    def test_may_ask_for_what_the_system_does_not_have(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError

        monkeypatch.setattr(socket, "socket", refuse)
        with notifier_from({"NOTIFY_SOCKET": "/run/notify"}, PID) as notifier:
            assert notifier is None


class TestTheLoop:
    def test_lets_it_beat_after_the_log_is_written(
        self, notifier: Notifier, systemd: Supervisor
    ) -> None:
        hub = Hub()
        hub.connect("somebody", 0.0)
        written: list[list[str]] = []
        tell = beating(notifier, hub, lambda: written.append(systemd.heard()), lambda: "well")
        assert tell() is None
        assert written == [[]]
        assert systemd.heard() == ["READY=1\nSTATUS=well"]

    def test_is_as_it_was_where_there_is_no_systemd(self) -> None:
        def flush() -> None: ...

        def emit(event: Event) -> None: ...

        assert beating(None, Hub(), flush, str) is flush
        assert hearing(None, emit) is emit

    def test_lets_it_hear_that_the_server_stops_once_the_log_has(
        self, notifier: Notifier, systemd: Supervisor
    ) -> None:
        events: list[tuple[Event, list[str]]] = []
        emit = hearing(notifier, lambda event: events.append((event, systemd.heard())))
        emit(DRAINING)
        emit(Stopped())
        assert events == [
            (DRAINING, []),
            (Stopped(), ["STOPPING=1\nSTATUS=Shutting down"]),
        ]
