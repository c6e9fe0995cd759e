"""The options for the limits: what they become."""

import math
import resource

import pytest

from tests.cli.serving import ANYWHERE, serve, stopping_screen
from ttt_cli.limit_options import limits_from, room
from ttt_net import Limits


def limit_open_files(monkeypatch: pytest.MonkeyPatch, soft: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))


@pytest.mark.parametrize(
    ("soft", "connections"),
    [(1024, 992), (64, 32), (33, 1), (3, 1), (resource.RLIM_INFINITY, 1_000_000)],
)
def test_by_default_there_are_as_many_connections_as_open_files_leave_room_for(
    monkeypatch: pytest.MonkeyPatch, soft: int, connections: int
) -> None:
    limit_open_files(monkeypatch, soft)
    assert room() == connections
    assert limits_from({"max_connections": None}) == Limits(connections=connections)


@pytest.mark.parametrize(("wanted", "got"), [(5, 5), (992, 992), (993, 992)])
def test_more_connections_than_there_is_room_for_are_not_taken(
    monkeypatch: pytest.MonkeyPatch, wanted: int, got: int
) -> None:
    limit_open_files(monkeypatch, 1024)
    assert limits_from({"max_connections": wanted}).connections == got


def test_zero_is_no_limit_for_thinking_and_for_a_machine_that_is_gone() -> None:
    limits = limits_from({"move_timeout": 0.0, "peer_timeout": 0.0, "drain": 0.0})
    assert (limits.thinking, limits.peer_timeout, limits.drain) == (math.inf, math.inf, 0.0)


def test_each_option_sets_its_limit() -> None:
    options = {
        "max_connections": 7,
        "move_timeout": 11.0,
        "greeting_timeout": 12.0,
        "confirm_timeout": 2.0,
        "linger": 13.0,
        "peer_timeout": 14.0,
        "drain": 15.0,
    }
    assert limits_from(options) == Limits(
        connections=7,
        thinking=11.0,
        greeting=12.0,
        confirmation=2.0,
        linger=13.0,
        peer_timeout=14.0,
        drain=15.0,
    )


NONSENSE = [
    # Each refuses text, a number below what makes sense, and one above.
    *((name, "soon") for name in ("max-connections", "move-timeout", "greeting-timeout")),
    *((name, "soon") for name in ("confirm-timeout", "linger", "peer-timeout", "drain")),
    *((name, "nan") for name in ("move-timeout", "greeting-timeout", "confirm-timeout")),
    *((name, "nan") for name in ("linger", "peer-timeout", "drain")),
    *((name, "inf") for name in ("move-timeout", "greeting-timeout", "confirm-timeout")),
    *((name, "inf") for name in ("linger", "peer-timeout", "drain")),
    *((name, "-1") for name in ("max-connections", "move-timeout", "greeting-timeout")),
    *((name, "-1") for name in ("confirm-timeout", "linger", "peer-timeout", "drain")),
    *((name, "0") for name in ("max-connections", "greeting-timeout", "confirm-timeout")),
    ("linger", "0"),
    ("max-connections", "1.5"),
    ("max-connections", "1000001"),
    # Two confirmations have to fit into the ten seconds that a client waits.
    ("confirm-timeout", "5"),
    ("linger", "3600.5"),
    ("peer-timeout", "3600.5"),
    *((name, "86400.5") for name in ("move-timeout", "greeting-timeout", "drain")),
]


@pytest.mark.usefixtures("signals")
class TestServe:
    @pytest.mark.parametrize(("name", "value"), NONSENSE)
    def test_refuses_nonsense_and_says_which(self, name: str, value: str) -> None:
        screen = stopping_screen()
        assert serve(*ANYWHERE, f"--{name}", value, screen=screen) == 2
        assert f"Invalid value for '--{name}': " in screen.getvalue()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("max-connections", "1"),
            ("move-timeout", "0"),
            ("move-timeout", "86400"),
            ("greeting-timeout", "0.5"),
            ("confirm-timeout", "4.7"),
            ("linger", "3600"),
            ("peer-timeout", "0"),
            ("drain", "0"),
        ],
    )
    def test_takes_what_makes_sense(self, name: str, value: str) -> None:
        assert serve(*ANYWHERE, f"--{name}", value, screen=stopping_screen()) == 0

    def test_warns_of_connections_that_there_is_no_room_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limit_open_files(monkeypatch, 1024)
        screen = stopping_screen()
        assert serve(*ANYWHERE, "--max-connections", "993", screen=screen) == 0
        assert screen.lines[0] == "The limit on open files has room for 992 connections only"

    def test_refuses_a_computer_that_would_think_for_too_long(self) -> None:
        arguments = ("--bot-after", "1", "--bot-thinks", "2", "--move-timeout", "2")
        screen = stopping_screen()
        assert serve(*ANYWHERE, *arguments, screen=screen) == 2
        assert "--bot-thinks must be less than --move-timeout" in screen.getvalue()

    def test_refuses_one_port_for_players_and_for_metrics(self) -> None:
        screen = stopping_screen()
        assert serve("--port", "8080", "--metrics-port", "8080", screen=screen) == 2
        assert "--metrics-port must be another port than --port" in screen.getvalue()
