"""Two people play through an installed server, each at a terminal of their own."""

import re

import pytest

from tests.system.hosts import HOST, OriginalHouse
from tests.system.process import CTRL_C, Running, Shell

YOUR_MOVE = r"Your move: a number from 1 to 9 \(q\sleaves\)\."
AGAIN = r"Play again\? \(y/n\)"
GAME = ((0, 1), (1, 4), (0, 2), (1, 5), (0, 3))
"""Who moves, 0 for X, and where; X wins with the first row."""


def two_players(shell: Shell, port: str, columns: int = 80, term: str = "xterm") -> list[Running]:
    """Return who plays X and who plays O."""
    waiting = shell.start_on_terminal("play", HOST, port, columns=columns, TERM=term)
    waiting.expect("You are player 1.")
    waiting.expect("Waiting for an opponent")
    newcomer = shell.start_on_terminal("play", HOST, port, columns=columns, TERM=term)
    newcomer.expect("You are player 2.")
    newcomer.expect("You play X; X moves first.")
    newcomer.expect("Your opponent is player 1.")
    waiting.expect("You play O; X moves first.")
    waiting.expect("Your opponent is player 2.")
    return [newcomer, waiting]


def play_through(players: list[Running]) -> None:
    for mover, square in GAME:
        players[mover].answer(YOUR_MOVE, f"{square}\n")
    for player, result in zip(players, ("You win. Congratulations!", "You lose."), strict=True):
        player.expect(r"\*X\*\|\*X\*\|\*X\*")
        player.expect(re.escape(result))
        player.answer(AGAIN, "n\n")
        assert player.wait() == 0
        assert "Traceback" not in player.text


@pytest.fixture
def port(shell: Shell) -> str:
    """Where our own server is."""
    return str(shell.start("serve", "--host", HOST, "--port", "0").listening())


def test_two_players_play_a_whole_game_in_plain_lines(shell: Shell, port: str) -> None:
    players = two_players(shell, port, term="dumb")
    play_through(players)
    assert all("\x1b" not in player.raw for player in players)


def end_of_game(me: int, mark: str, opponent: int, result: str) -> list[str]:
    return [
        f"You are player {me}.",
        f"You play {mark}; X moves first.",
        f"Your opponent is player {opponent}.",
        "",
        *("*X*|*X*|*X*", "---+---+---", " O | O | 6 ", "---+---+---", " 7 | 8 | 9 ", ""),
        *(result, "Play again? (y/n)", "Goodbye.", ""),
    ]


@pytest.mark.parametrize("columns", [40, 41, 80, 132, 200])
def test_two_players_play_a_whole_game_redrawn_in_place(
    shell: Shell, port: str, columns: int
) -> None:
    x, o = players = two_players(shell, port, columns)
    play_through(players)
    assert x.window(columns) == end_of_game(2, "X", 1, "You win. Congratulations!")
    assert o.window(columns) == end_of_game(1, "O", 2, "You lose.")


def test_a_window_may_change_at_any_time_of_a_game(shell: Shell, port: str) -> None:
    players = two_players(shell, port)
    widths = iter([40, 200, 41, 120, 60])
    for mover, square in GAME:
        columns = next(widths)
        players[mover].answer(YOUR_MOVE, "q")
        players[mover].expect("q")
        for player in players:
            player.resize(columns)
            player.expect("You are player .")
        players[mover].expect(f"{YOUR_MOVE}\nq")
        assert players[mover].window(columns)[-1] == "q"
        players[mover].type(f"\x15{square}\n")
        players[mover].expect("You win" if square == 3 else "Waiting for the other player")
    for player, end in zip(
        players,
        (
            end_of_game(2, "X", 1, "You win. Congratulations!"),
            end_of_game(1, "O", 2, "You lose."),
        ),
        strict=True,
    ):
        player.answer(AGAIN, "n\n")
        assert player.wait() == 0
        assert player.window(60) == end


def test_a_second_game_is_another_connection(shell: Shell, port: str) -> None:
    players = two_players(shell, port)
    for mover, square in GAME:
        players[mover].answer(YOUR_MOVE, f"{square}\n")
    players[1].answer(AGAIN, "perhaps\n")
    players[1].expect(r"Please answer y or n\.")
    players[1].type("y\n")
    players[1].expect("You are player 3.")
    players[1].expect("Waiting for an opponent")
    players[0].answer(AGAIN, "yes\n")
    players[0].expect("You are player 4.")
    play_through(players)


def test_ctrl_c_leaves_and_the_other_player_is_told(shell: Shell, port: str) -> None:
    x, o = two_players(shell, port)
    x.answer(YOUR_MOVE, CTRL_C)
    x.expect("You have left the game.\n")
    assert x.wait() == 0
    o.expect("The server has ended the game: Your opponent has left the game. You win.\n")
    assert o.wait() == 1
    assert "Traceback" not in x.text + o.text


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_two_players_play_through_the_original_server(shell: Shell, term: str) -> None:
    with OriginalHouse() as house:
        play_through(two_players(shell, house.port, term=term))


def test_who_is_left_alone_at_the_original_server_is_told(shell: Shell) -> None:
    with OriginalHouse() as house:
        x, o = two_players(shell, house.port)
        x.answer(YOUR_MOVE, "5\n")
        o.answer(YOUR_MOVE, "q\n")
        assert o.wait() == 0
        x.expect("The server has ended the game: Your opponent has disconnected. Game over.\n")
        assert x.wait() == 1
