import textwrap
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.screens import CONTROLS, Stream, piped, terminal, visible
from ttt_cli.screen import Screen, draw
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
        screen.note("No.")
        screen.beat(5)
        screen.show(FIRST_MOVE, "Their move.", last=4, by="X")
        screen.tell("The end.")
        assert written(stream) == (
            f"You are player 1.\n\n{EMPTY_DRAWN}\nYour move.\nWhich?\nReally?\nNo.\n"
            f"\n{FIRST_MOVE_DRAWN}\nX took 5.\nTheir move.\nThe end.\n"
        )

    def test_is_told_a_long_sentence_on_one_line(self) -> None:
        screen, stream = piped()
        screen.tell(LONG)
        assert stream.getvalue() == f"{LONG}\n"

    def test_is_told_at_once(self) -> None:
        screen, stream = piped()
        for number, tell in enumerate((screen.tell, screen.say, screen.add, screen.note), 1):
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
        assert max(map(len, CONTROLS.sub("", stream.getvalue()).splitlines())) == longest

    @pytest.mark.parametrize("width", WIDTHS)
    def test_shows_what_is_typed_below_everything_whatever_else_is_drawn(
        self, monkeypatch: pytest.MonkeyPatch, width: int
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        screen, stream = terminal()
        screen.show(EMPTY, "Your move.")
        for text in ("x", "xy", "x", "", "5"):
            screen.type(text)
            screen.say(f"{text!r} so far.")
            shown = visible(stream.getvalue(), width)
            assert shown == ["", *draw(EMPTY), "", f"{text!r} so far.", text]

    def test_shows_the_end_of_what_is_typed_if_that_is_too_long(self) -> None:
        screen, stream = terminal()
        screen.say("Well?")
        for length in (78, 79, 80, 200, 3):
            typed = ("0123456789" * 20)[:length]
            screen.type(typed)
            assert visible(stream.getvalue(), 80) == ["Well?", typed[-79:]]

    def test_shows_what_is_typed_without_what_could_do_something(self) -> None:
        screen, stream = terminal()
        screen.type("a\x1b[2J\N{CJK UNIFIED IDEOGRAPH-4E16}")
        assert visible(stream.getvalue(), 80) == ["a?[2J?"]

    def test_gives_a_sign_of_life_beside_what_was_said(self) -> None:
        screen, stream = terminal()
        screen.say("Waiting…")
        screen.note("Patience!")
        for seconds in range(1, 12):
            screen.beat(seconds)
            assert seen(stream) == f"Waiting… {seconds} s\nPatience!\n"
        screen.say("Your move.")
        assert seen(stream) == "Your move.\n"

    def test_keeps_a_note_until_there_is_something_new(self) -> None:
        ways: tuple[Callable[[Screen], None], ...] = (
            lambda screen: screen.say("Two."),
            lambda screen: screen.add("Two."),
            lambda screen: screen.show(EMPTY, "Two."),
        )
        for say in ways:
            screen, stream = terminal()
            screen.say("One.")
            screen.note("Note.")
            screen.note("Another.")
            screen.type("x")
            assert visible(stream.getvalue(), 80) == ["One.", "Another.", "x"]
            say(screen)
            assert "Another." not in visible(stream.getvalue(), 80)

    def test_writes_nothing_if_nothing_has_changed(self) -> None:
        screen, stream = terminal()
        screen.show(EMPTY, "Your move.")
        screen.beat(1)
        before = stream.getvalue()
        screen.beat(1)
        screen.redraw()
        assert stream.getvalue() == before

    def test_writes_only_what_has_changed_and_what_is_below_it(self) -> None:
        screen, stream = terminal()
        screen.show(EMPTY, "Waiting…")
        before = stream.getvalue()
        screen.beat(1)
        assert stream.getvalue() == f"{before}\x1b[1F\x1b[JWaiting… 1 s\n"

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
    @given(
        st.lists(st.tuples(st.sampled_from("tsa+!kb"), st.text("ab ", min_size=1)), max_size=20)
    )
    def test_shows_no_more_and_no_less_than_the_last_of_each_thing(
        self, things: list[tuple[str, str]]
    ) -> None:
        screen, stream = terminal()
        above: list[str] = []
        before: list[str] = []
        note, sign, typed = "", "", ""
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
                    below, sign, note = [words], "", ""
                case "a":
                    screen.add(words)
                    below.append(words)
                    note = ""
                case "+":
                    screen.note(words)
                    note = words
                case "!":
                    screen.beat(len(text) + 1)
                    sign = f" {len(text) + 1} s"
                case "k":
                    screen.type(text)
                    typed = text
                case _:
                    before += [*wrapped(above), *board, *wrapped([below[0] + sign, *below[1:]])]
                    before += wrapped([note])
                    screen.begin()
                    above, below, sign, note = [], ["Begin"], "", ""
                    screen.show(EMPTY, "Begin")
        below = [below[0] + sign, *below[1:], note]
        expected = [*before, *wrapped(above), *board, *wrapped(below), typed]
        assert visible(stream.getvalue(), 80) == expected


def wrapped(texts: list[str]) -> list[str]:
    return [line for text in texts for line in textwrap.wrap(text, 79)]


def use_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")


def use_nameless_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "")


def use_unknown_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM")


@pytest.mark.parametrize("use", [use_dumb_terminal, use_nameless_terminal, use_unknown_terminal])
def test_a_terminal_that_can_do_nothing_is_told_each_thing_once(
    monkeypatch: pytest.MonkeyPatch, use: Callable[[pytest.MonkeyPatch], None]
) -> None:
    use(monkeypatch)
    screen, stream = terminal()
    assert not screen.in_place
    screen.tell("One.")
    screen.show(FIRST_MOVE, "Two.", last=4, by="X")
    screen.say("Three.")
    assert written(stream) == f"One.\n\n{FIRST_MOVE_DRAWN}\nX took 5.\nTwo.\nThree.\n"
