import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.seats import Player, interrupt
from tests.cli.stage import GREETING, HOST, TURN, Cue

ABORT = "[A]bort, [C]hange address and port, or [R]etry?"
ADDRESS = "Please enter the address:"
PORT = "Please enter the port:"
AGAIN = "Play again? (y/n)"
LEFT = "You have left the game."
GONE = "You have left; no game was going on."
ANSWER_Y_OR_N = "Please answer y or n."
GOODBYE = "Goodbye."
WON: tuple[Cue, ...] = (
    *(GREETING + TURN, "1\n", b"BX        CNI4BX  O     CY", "2\n"),
    *(b"BXX O     CNI5BXX OO    CY", "3\n", b"BXXXOO    CWP012"),
)

pytestmark = pytest.mark.usefixtures("signals")


@pytest.mark.parametrize("arguments", [(), (HOST,)])
def test_an_address_that_is_missing_without_a_terminal_is_a_wrong_usage(
    piped: Player, arguments: tuple[str, ...]
) -> None:
    assert piped.run(*arguments) == 2
    assert "no terminal to ask on: HOST PORT." in piped.text
    assert ADDRESS not in piped.text


@pytest.mark.parametrize("port", ["65536", "0", "-x", "x", ""])
def test_a_port_that_is_none_is_a_wrong_usage(piped: Player, port: str) -> None:
    assert piped.run("--", HOST, port) == 2


@pytest.mark.parametrize("host", ["", " "])
def test_an_empty_address_is_a_wrong_usage(player: Player, host: str) -> None:
    assert player.run(host, "80") == 2
    assert "HOST is empty: an address is the name" in player.text


def test_what_is_missing_is_asked_for_on_a_terminal(player: Player) -> None:
    player.answer(ADDRESS, f"{HOST}\n")
    player.answer(PORT, f"{player.stage.port}\n")
    assert player.run(cues=("q\n",)) == 0
    assert player.text.index(ADDRESS) < player.text.index(PORT) < player.text.index(LEFT)


def test_what_is_given_is_not_asked_for(player: Player) -> None:
    player.answer(PORT, f"{player.stage.port}\n")
    assert player.run(HOST, cues=("q\n",)) == 0
    assert ADDRESS not in player.text


def test_nothing_is_asked_if_all_is_given(player: Player) -> None:
    assert player.play(GREETING, "q\n") == 0
    assert player.text.startswith("You are player 7.\n")


@pytest.mark.parametrize("question", [ADDRESS, PORT])
def test_an_interrupt_at_a_question_ends_without_a_connection(
    player: Player, question: str
) -> None:
    player.answer(ADDRESS, f"{HOST}\n")
    player.screen._reactions = [r for r in player.screen._reactions if r[0] != question]
    player.interrupt(question)
    assert player.run() == 0
    assert player.text.endswith(f"{question} \n{GONE}\n")
    assert player.stage.connections == 0


def test_who_cannot_connect_without_a_terminal_is_told_in_one_line(
    piped: Player, closed: str
) -> None:
    assert piped.run(HOST, closed) == 1
    assert piped.text == f"Cannot connect to port {closed} of {HOST}: Connection refused\n"


def test_a_server_that_does_not_answer_is_told_so(
    piped: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert piped.run("far", "5") == 1
    assert piped.text == "Cannot connect to port 5 of far: no answer came within 10 seconds\n"


def test_who_can_say_nothing_any_more_bothers_no_opponent(piped: Player) -> None:
    with Path("/dev/null").open() as nothing, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", nothing)
        assert piped.play() == 1
    assert piped.text == "There is nobody to play: the input has come to its end.\n"
    piped.stage.listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        piped.stage.accept()


@pytest.mark.parametrize("word", ["a", "A", "abort", "Abort"])
def test_a_connection_that_fails_can_be_given_up(player: Player, closed: str, word: str) -> None:
    player.answer(ABORT, f"{word}\n")
    assert player.run(HOST, closed) == 1
    assert player.text.count("Cannot connect") == player.text.count(ABORT) == 1


@pytest.mark.parametrize("word", ["c", "C", "change", "Change"])
def test_change_leads_to_another_server(player: Player, closed: str, word: str) -> None:
    player.answer(ABORT, f"{word}\n")
    player.answer(ADDRESS, "localhost\n")
    player.answer(PORT, f"{player.stage.port}\n")
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def watched(host: str, port: int, **options: Any) -> object:
        asked.append(host)
        return look_up(HOST, port, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", watched)
        assert player.run(HOST, closed, cues=(GREETING, "q\n")) == 0
    assert asked == [HOST, "localhost"]
    assert player.text.count("Cannot connect") == 1


@pytest.mark.parametrize("word", ["r", "R", "retry", "Retry"])
def test_retry_tries_the_same_server(player: Player, closed: str, word: str) -> None:
    player.answer(ABORT, f"{word}\n")
    player.answer(ABORT, "")
    player.screen._reactions.pop()
    player.screen.when(ABORT, lambda _: player.answer(ABORT, "a\n"))
    assert player.run(HOST, closed) == 1
    line = f"Cannot connect to port {closed} of {HOST}: Connection refused"
    assert player.text.count(line) == 2


@pytest.mark.parametrize("junk", ["x", "", "ab", "yes"])
def test_junk_is_asked_again(player: Player, closed: str, junk: str) -> None:
    player.answer(ABORT, f"{junk}\n")
    player.screen.when(ABORT, lambda _: player.answer(ABORT, "a\n"))
    assert player.run(HOST, closed) == 1
    assert player.text.count("Cannot connect") == 1
    assert player.text.count(ABORT) == 2


def test_an_interrupt_where_no_connection_is_ends_the_command(player: Player, closed: str) -> None:
    player.interrupt(ABORT)
    assert player.run(HOST, closed) == 0
    assert player.text.endswith(f"{ABORT} \n{GONE}\n")


def test_the_end_of_the_input_where_no_connection_is_ends_the_command(
    player: Player, closed: str
) -> None:
    player.answer(ABORT, "\x04")
    assert player.run(HOST, closed) == 0
    assert player.text.endswith(f"{GONE}\n")


def test_an_interrupt_while_connecting_ends_the_command(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: interrupt())
    assert player.run(HOST, "5") == 0
    assert player.text == f"\n{GONE}\n"


@pytest.mark.parametrize("word", ["n", "no", "q"])
def test_a_game_is_played_and_that_is_enough(player: Player, word: str) -> None:
    player.answer(AGAIN, f"{word}\n")
    assert player.play(*WON) == 0
    assert "You win. Congratulations!" in player.text
    assert LEFT not in player.text
    assert player.stage.heard() == b"c1c2c3i1i2i3"
    assert player.stage.connections == 1


@pytest.mark.parametrize("word", ["y", "yes"])
def test_another_game_is_played_over_another_connection(player: Player, word: str) -> None:
    def again() -> None:
        player.stage.accept()
        player.stage.server.sendall(b"A8R")

    player.answer(AGAIN, f"{word}\n")
    assert player.play(*WON, again, "q\n") == 0
    assert "You are player 8." in player.text
    assert player.text.endswith(f"{LEFT}\n")
    assert player.stage.heard(0) == b"c1c2c3i1i2i3"
    assert player.stage.heard(1) == b"c1q"


def test_another_game_is_played_where_the_last_one_was(player: Player, closed: str) -> None:
    def again() -> None:
        player.stage.accept()
        player.stage.server.sendall(b"A8R")

    player.answer(ABORT, "c\n")
    player.answer(ADDRESS, f"{HOST}\n")
    player.answer(PORT, f"{player.stage.port}\n")
    player.answer(AGAIN, "y\n")
    assert player.run(HOST, closed, cues=(*WON, again, "q\n")) == 0
    assert player.text.count("Cannot connect") == 1
    assert player.stage.heard(1) == b"c1q"


def test_what_is_no_answer_to_another_game_is_asked_again(player: Player) -> None:
    player.answer(AGAIN, "perhaps\n")
    player.answer(ANSWER_Y_OR_N, "n\n")
    assert player.play(*WON) == 0
    assert player.text.endswith(f"{AGAIN}\n{ANSWER_Y_OR_N}\n{GOODBYE}\n")


def test_the_end_of_the_input_is_no_wish_for_another_game(player: Player) -> None:
    player.answer(AGAIN, "\x04")
    assert player.play(*WON) == 0
    assert player.text.endswith(f"{AGAIN}\n{GOODBYE}\n")


def test_an_interrupt_after_the_game_ends_without_an_error(player: Player) -> None:
    player.interrupt(AGAIN)
    assert player.play(*WON) == 0
    assert player.text.endswith(f"{AGAIN}\n{GOODBYE}\n")
