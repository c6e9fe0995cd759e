import textwrap
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.screens import Stream, piped, terminal, visible
from ttt_cli.screen import draw
from ttt_core import Board

ANY_INPUT = settings(derandomize=True, deadline=None)
WIDTHS = (40, 80, 200)
ODD_WIDTHS = (21, 30, 39)

EMPTY = Board()
LONG = "You have been waiting for somebody to play with for a while; do have a little patience."

EMPTY_DRAWN = """\
 1 | 2 | 3
---+---+---
 4 | 5 | 6
---+---+---
 7 | 8 | 9
"""
FIRST_MOVE = EMPTY.play(4)
FIRST_MOVE_DRAWN = EMPTY_DRAWN.replace(" 5 ", "[X]")


@pytest.fixture(autouse=True)
def terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def seen(stream: Stream, width: int = 80) -> str:
    """Return what can be seen, without the blanks at the ends of lines; the cursor is below."""
    *lines, below = visible(stream.getvalue(), width)
    assert below == ""
    return "".join(f"{line.rstrip()}\n" for line in lines)


def written(stream: Stream) -> str:
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


class TestAPipe:
    def test_is_told_each_thing_once_in_plain_lines(self) -> None:
        screen, stream = piped()
        screen.tell("You are player 1.")
        screen.show(EMPTY, "Your move.")
        screen.say("Which?")
        screen.add("Really?")
        screen.typed(echoed=True)
        screen.show(FIRST_MOVE, "Their move.", last=4)
        screen.tell("The end.")
        assert written(stream) == (
            f"You are player 1.\n\n{EMPTY_DRAWN}\nYour move.\nWhich?\nReally?\n"
            f"\n{FIRST_MOVE_DRAWN}\nTheir move.\nThe end.\n"
        )

    def test_is_told_a_long_sentence_on_one_line(self) -> None:
        screen, stream = piped()
        screen.tell(LONG)
        assert stream.getvalue() == f"{LONG}\n"

    def test_is_told_at_once(self) -> None:
        screen, stream = piped()
        for number, tell in enumerate((screen.tell, screen.say, screen.add), 1):
            tell("Hello")
            assert stream.flushed == number

    def test_begins_a_new_game_without_a_word(self) -> None:
        screen, stream = piped()
        screen.tell("One.")
        screen.begin()
        screen.say("Two.")
        assert stream.getvalue() == "One.\nTwo.\n"

    def test_is_not_drawn_on_in_place(self) -> None:
        assert not piped()[0].in_place


class TestATerminal:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_shows_the_last_of_each_thing(
        self, monkeypatch: pytest.MonkeyPatch, width: int
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        screen, stream = terminal()
        screen.tell("You are player 1.")
        assert seen(stream, width) == "You are player 1.\n"
        screen.show(EMPTY, "Your move.")
        assert seen(stream, width) == f"You are player 1.\n\n{EMPTY_DRAWN}\nYour move.\n"
        screen.say("Which?")
        assert seen(stream, width) == f"You are player 1.\n\n{EMPTY_DRAWN}\nWhich?\n"
        screen.add("Really?")
        assert seen(stream, width) == f"You are player 1.\n\n{EMPTY_DRAWN}\nWhich?\nReally?\n"
        screen.show(FIRST_MOVE, "Their move.", last=4)
        screen.tell("They are player 2.")
        assert seen(stream, width) == (
            f"You are player 1.\nThey are player 2.\n\n{FIRST_MOVE_DRAWN}\nTheir move.\n"
        )

    @pytest.mark.parametrize("width", [*WIDTHS, *ODD_WIDTHS])
    def test_wraps_what_is_too_long_and_takes_all_of_it_back(
        self, monkeypatch: pytest.MonkeyPatch, width: int
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        screen, stream = terminal()
        screen.tell(LONG)
        screen.show(EMPTY, LONG)
        parts = textwrap.wrap(LONG, width - 1)
        assert seen(stream, width).split("\n") == [
            *parts,
            "",
            *EMPTY_DRAWN.split("\n"),
            *parts,
            "",
        ]
        screen.say("Well.")
        assert seen(stream, width).split("\n")[len(parts) :] == [
            *("", *EMPTY_DRAWN.split("\n"), "Well.", ""),
        ]

    @pytest.mark.parametrize(("width", "longest"), [("1", 20), ("20", 20), ("21", 20), ("22", 21)])
    def test_is_taken_to_have_room_for_twenty_signs(
        self, monkeypatch: pytest.MonkeyPatch, width: str, longest: int
    ) -> None:
        monkeypatch.setenv("COLUMNS", width)
        screen, stream = terminal()
        screen.tell("a" * 100)
        assert max(map(len, stream.getvalue().splitlines())) == longest

    @pytest.mark.parametrize("width", WIDTHS)
    def test_does_not_keep_what_is_typed(
        self, monkeypatch: pytest.MonkeyPatch, width: int
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        screen, stream = terminal()
        screen.show(EMPTY, "Your move.")
        for answer in ("x", "5 5", ""):
            stream.write(f"{answer}\n")
            screen.typed(echoed=True)
            screen.say(f"{answer!r} is no square.")
            assert seen(stream, width) == f"\n{EMPTY_DRAWN}\n{answer!r} is no square.\n"

    def test_keeps_the_game_before_when_a_new_one_begins(self) -> None:
        screen, stream = terminal()
        screen.tell("One.")
        screen.show(FIRST_MOVE, "It is a draw.", last=4)
        screen.begin()
        screen.tell("Two.")
        screen.show(EMPTY, "Your move.")
        assert seen(stream) == (
            f"One.\n\n{FIRST_MOVE_DRAWN}\nIt is a draw.\nTwo.\n\n{EMPTY_DRAWN}\nYour move.\n"
        )

    def test_keeps_what_stood_there_before(self) -> None:
        screen, stream = terminal()
        stream.write("$ ttt play\n")
        screen.say("One.")
        screen.say("Two.")
        assert seen(stream) == "$ ttt play\nTwo.\n"

    def test_is_drawn_on_in_one_go(self) -> None:
        screen, stream = terminal()
        screen.show(EMPTY, "Your move.")
        screen.say("Which?")
        assert stream.flushed == 2

    @ANY_INPUT
    @given(st.lists(st.tuples(st.sampled_from("tsa+b"), st.text("ab ", min_size=1)), max_size=20))
    def test_shows_no_more_and_no_less_than_the_last_of_each_thing(
        self, things: list[tuple[str, str]]
    ) -> None:
        screen, stream = terminal()
        above: list[str] = []
        below: list[str] = []
        before: list[str] = []
        screen.show(EMPTY, "Begin")
        board, below = ["", *draw(EMPTY), ""], ["Begin"]
        for thing, text in things:
            words = text.strip() or "nothing"
            match thing:
                case "t":
                    screen.tell(words)
                    above.append(words)
                case "s":
                    screen.say(words)
                    below = [words]
                case "a":
                    screen.add(words)
                    below.append(words)
                case "+":
                    stream.write("typed\n")
                    screen.typed(echoed=True)
                    screen.add(words)
                    below.append(words)
                case _:
                    before += [*wrapped(above), *board, *wrapped(below)]
                    screen.begin()
                    above, below = [], ["Begin"]
                    screen.show(EMPTY, "Begin")
        expected = [*before, *wrapped(above), *board, *wrapped(below), ""]
        assert visible(stream.getvalue(), 80) == expected


def wrapped(texts: list[str]) -> list[str]:
    return [line for text in texts for line in textwrap.wrap(text, 79)]


def use_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")


def use_unknown_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM")


@pytest.mark.parametrize("use", [use_dumb_terminal, use_unknown_terminal])
def test_a_terminal_that_can_do_nothing_is_told_each_thing_once(
    monkeypatch: pytest.MonkeyPatch, use: Callable[[pytest.MonkeyPatch], None]
) -> None:
    use(monkeypatch)
    screen, stream = terminal()
    assert not screen.in_place
    screen.tell("One.")
    screen.show(FIRST_MOVE, "Two.", last=4)
    screen.typed(echoed=True)
    screen.say("Three.")
    assert written(stream) == f"One.\n\n{FIRST_MOVE_DRAWN}\nTwo.\nThree.\n"
