import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.screens import Stream, visible
from ttt_cli import local
from ttt_cli.keyboard import Keyboard
from ttt_cli.local import play_local
from ttt_cli.screen import Screen
from ttt_core import Level, Square

LEFT = "You have left the game."
X_MOVES = "X moves: a number from 1 to 9 (q leaves)."
O_MOVES = "O moves: a number from 1 to 9 (q leaves)."
YOUR_MOVE = "Your move: a number from 1 to 9 (q leaves)."
THINKS = "The computer thinks…"


class Dice:
    """Errs whenever it is allowed to, and takes the first of whatever there is."""

    def random(self) -> float:
        return 0.0

    def choice(self, seq: Sequence[Square], /) -> Square:
        return seq[0]


class KeyboardWithCtrlC(Keyboard):
    """A keyboard at which Ctrl-C is pressed after all the lines."""

    def wait(self) -> str | None:
        line = super().wait()
        if line is None:
            raise KeyboardInterrupt
        return line


@pytest.fixture(autouse=True)
def dice(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no luck in these games."""
    monkeypatch.setattr(local, "random", SimpleNamespace(Random=Dice))


@pytest.fixture
def typed() -> Iterator[Callable[[str], int]]:
    """Makes a descriptor of what is typed, with the end of input after it."""
    with ExitStack() as ends:

        def make(words: str) -> int:
            end, beginning = os.pipe()
            ends.callback(os.close, end)
            os.write(beginning, "".join(f"{word}\n" for word in words.split(",")).encode())
            os.close(beginning)
            return end

        yield make


@pytest.fixture
def play(typed: Callable[[str], int]) -> Callable[..., list[str]]:
    """Plays a game into a pipe and returns its lines without the blank ones."""

    def play(
        words: str, bot: Level | None = None, keyboard: type[Keyboard] = Keyboard
    ) -> list[str]:
        stream = Stream(is_terminal=False)
        play_local(Screen(stream), keyboard(typed(words)), bot)
        return [line for line in stream.getvalue().splitlines() if line]

    return play


Play = Callable[..., list[str]]


def words(lines: list[str]) -> list[str]:
    """Return the lines that belong to no board."""
    return [line for line in lines if "|" not in line and "---" not in line]


def sentences(lines: list[str]) -> list[str]:
    """Return those that do not tell in words what the board shows."""
    return [line for line in words(lines) if " took " not in line and "winning line" not in line]


class TestTwoAtOneKeyboard:
    def test_play_until_x_wins(self, play: Play) -> None:
        lines = play("1,4,2,5,3")
        assert sentences(lines) == [X_MOVES, O_MOVES, X_MOVES, O_MOVES, X_MOVES, "X wins."]
        assert lines[-8:-3:2] == ["*X*|*X*|*X*", " O | O | 6 ", " 7 | 8 | 9 "]

    def test_are_told_each_move_and_the_winning_line_in_words(self, play: Play) -> None:
        moves = zip("XOXOX", "14253", (*(O_MOVES, X_MOVES) * 2, "X wins."), strict=True)
        told = [line for mark, move, then in moves for line in (f"{mark} took {move}.", then)]
        told.insert(-1, "The winning line is 1, 2, 3.")
        assert words(play("1,4,2,5,3")) == [X_MOVES, *told]

    def test_play_until_o_wins(self, play: Play) -> None:
        lines = play("1,4,2,5,9,6")
        assert sentences(lines)[-2:] == [O_MOVES, "O wins."]
        assert lines[-8:-3:2] == [" X | X | 3 ", "*O*|*O*|*O*", " 7 | 8 | X "]

    def test_play_until_it_is_a_draw(self, play: Play) -> None:
        lines = play("1,2,3,5,4,6,8,7,9")
        assert sentences(lines) == [X_MOVES, O_MOVES] * 4 + [X_MOVES, "It is a draw."]
        assert lines[-7:-2:2] == [" X | O | X ", " X | O | O ", " O | X |[X]"]

    def test_see_the_last_move_in_brackets(self, play: Play) -> None:
        lines = play("5,9,q")
        assert lines[0:5:2] == [" 1 | 2 | 3 ", " 4 | 5 | 6 ", " 7 | 8 | 9 "]
        assert lines[6:11:2] == [" 1 | 2 | 3 ", " 4 |[X]| 6 ", " 7 | 8 | 9 "]
        assert lines[13:18:2] == [" 1 | 2 | 3 ", " 4 | X | 6 ", " 7 | 8 |[O]"]

    def test_are_not_read_any_further_when_the_game_is_over(self, play: Play) -> None:
        assert sentences(play("1,4,2,5,3,6,q"))[-1] == "X wins."

    @pytest.mark.parametrize(
        ("answer", "why"),
        [("5", "Square 5 is taken"), ("0", "'0' is no square"), ("10", "'10' is no square")],
    )
    def test_cannot_take_a_square_that_is_taken_or_not_there(
        self, play: Play, answer: str, why: str
    ) -> None:
        lines = sentences(play(f"5,{answer},1,q"))
        refusal = f"{why}. {O_MOVES}"
        assert lines == [X_MOVES, O_MOVES, refusal, X_MOVES, LEFT]

    @pytest.mark.parametrize(
        ("answer", "shown"),
        [("", ""), ("x", "x"), ("5 5", "5 5"), ("1.5", "1.5"), ("a\x1b[2J", "a?[2J")],
    )
    def test_are_told_what_a_square_is(self, play: Play, answer: str, shown: str) -> None:
        lines = sentences(play(f"{answer},{answer},1,q"))
        refusal = f"'{shown}' is no square. {X_MOVES}"
        assert lines == [X_MOVES, refusal, refusal, O_MOVES, LEFT]


class TestLeaving:
    @pytest.mark.parametrize("word", ["q", "quit", "Q", "QUIT", " q "])
    def test_is_done_with_a_word(self, play: Play, word: str) -> None:
        assert sentences(play(f"1,{word},2")) == [X_MOVES, O_MOVES, LEFT]

    @pytest.mark.parametrize("bot", [None, *Level])
    def test_is_done_with_the_end_of_input(self, play: Play, bot: Level | None) -> None:
        assert sentences(play("1", bot))[-1] == LEFT

    @pytest.mark.parametrize("bot", [None, *Level])
    def test_is_done_with_ctrl_c(self, play: Play, bot: Level | None) -> None:
        assert sentences(play("1", bot, KeyboardWithCtrlC))[-1] == LEFT


RESULTS = [
    (Level.HUMAN, "1,3,5,7", "You win. Congratulations!"),
    (Level.HUMAN, "1,3,9,7", "The computer wins."),
    (Level.HUMAN, "1,3,6,7,8", "It is a draw."),
    (Level.PERFECT, "1,2,4", "The computer wins."),
    (Level.PERFECT, "1,2,7,6,9", "It is a draw."),
]


class TestAgainstTheComputer:
    @pytest.mark.parametrize(("level", "words", "result"), RESULTS)
    def test_a_game_ends_with_its_result(
        self, play: Play, level: Level, words: str, result: str
    ) -> None:
        told, *said, last = sentences(play(words, level))
        assert told == f"You play X against the computer ({level.name.lower()})."
        turns = [YOUR_MOVE, THINKS] * len(words.split(","))
        assert said == turns[: len(said)]
        assert len(said) == len(turns) - (result != "The computer wins.")
        assert last == result

    def test_a_move_of_each_is_told_in_words(self, play: Play) -> None:
        said = words(play("1,q", Level.PERFECT))
        assert said[2:5] == ["You took 1.", THINKS, "The computer took 5."]

    def test_a_wrong_answer_is_asked_for_again(self, play: Play) -> None:
        said = sentences(play("x,1,1,q", Level.PERFECT))
        assert said[1:] == [
            YOUR_MOVE,
            f"'x' is no square. {YOUR_MOVE}",
            THINKS,
            YOUR_MOVE,
            f"Square 1 is taken. {YOUR_MOVE}",
            LEFT,
        ]

    def test_the_line_of_the_computer_stands_between_stars(self, play: Play) -> None:
        lines = play("1,2,4", Level.PERFECT)
        assert lines[-8:-3:2] == [" X | X |*O*", " X |*O*| 6 ", "*O*| 8 | 9 "]


def test_a_game_on_a_terminal_takes_the_room_of_one_board(
    monkeypatch: pytest.MonkeyPatch, typed: Callable[[str], int]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Stream(is_terminal=True)
    stream.write("$ ttt play --bot\n")
    assert play_local(Screen(stream), Keyboard(typed("x,1,1,3,9,7")), Level.HUMAN)
    assert visible(stream.getvalue(), 80) == [
        "$ ttt play --bot",
        "You play X against the computer (human).",
        "",
        " X | O | X ",
        "---+---+---",
        "*O*|*O*|*O*",
        "---+---+---",
        " X | 8 | X ",
        "",
        "The computer wins.",
        "",
    ]


def test_it_takes_fewer_than_a_hundred_lines() -> None:
    source = Path(inspect.getfile(local)).read_text("utf-8")
    assert len(source.splitlines()) < 100
