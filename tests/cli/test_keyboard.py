import os
import selectors
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.consoles import Terminal
from ttt_cli.keyboard import Keyboard

ANY_INPUT = settings(derandomize=True, deadline=None)


class Pipe:
    """A pipe with a keyboard at its end."""

    def __init__(self) -> None:
        end, self._beginning = os.pipe()
        self._end = end
        self._is_open = True
        self.keyboard = Keyboard(end)

    def write(self, data: bytes) -> None:
        os.write(self._beginning, data)

    def finish(self) -> None:
        if self._is_open:
            os.close(self._beginning)
            self._is_open = False

    def close(self) -> None:
        self.finish()
        os.close(self._end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def taken(keyboard: Keyboard) -> list[str]:
    """Return the lines that are there, without waiting for more."""
    return list(iter(keyboard.take, None))


class TestALine:
    def test_is_there_when_it_has_been_read(self, pipe: Pipe) -> None:
        pipe.write(b"5\n")
        assert pipe.keyboard.take() is None
        pipe.keyboard.read()
        assert taken(pipe.keyboard) == ["5"]
        assert not pipe.keyboard.is_over

    def test_is_put_together_from_pieces(self, pipe: Pipe) -> None:
        for piece in (b"qu", b"i", b"t"):
            pipe.write(piece)
            pipe.keyboard.read()
            assert pipe.keyboard.take() is None
        pipe.write(b"\n5")
        pipe.keyboard.read()
        assert taken(pipe.keyboard) == ["quit"]
        pipe.write(b"6\n")
        pipe.keyboard.read()
        assert taken(pipe.keyboard) == ["56"]

    def test_comes_before_those_that_came_with_it(self, pipe: Pipe) -> None:
        pipe.write(b"1\n2\n\n3\nhalf")
        pipe.keyboard.read()
        assert taken(pipe.keyboard) == ["1", "2", "", "3"]

    def test_has_no_white_space_around_it(self, pipe: Pipe) -> None:
        pipe.write(b" \t a b \r\n")
        pipe.keyboard.read()
        assert taken(pipe.keyboard) == ["a b"]

    def test_may_have_a_character_that_comes_in_pieces(self, pipe: Pipe) -> None:
        for byte in "é世\n".encode():
            pipe.write(bytes([byte]))
            pipe.keyboard.read()
        assert taken(pipe.keyboard) == ["é世"]

    def test_may_have_bytes_that_are_no_text(self, pipe: Pipe) -> None:
        pipe.write(b"a\xe9b\n\xff\n")
        pipe.keyboard.read()
        assert taken(pipe.keyboard) == ["a\N{REPLACEMENT CHARACTER}b", "\N{REPLACEMENT CHARACTER}"]

    def test_may_be_longer_than_what_is_read_at_once(self, pipe: Pipe) -> None:
        pipe.write(b"a" * 10_000 + b"\n")
        assert pipe.keyboard.wait() == "a" * 10_000

    @ANY_INPUT
    @given(st.binary(max_size=60), st.lists(st.integers(1, 60), max_size=5))
    def test_is_the_same_however_it_comes(self, data: bytes, cuts: list[int]) -> None:
        pipe = Pipe()
        ends = sorted({cut for cut in cuts if cut < len(data)} | {len(data)})
        for begin, end in zip([0, *ends], ends, strict=False):
            if begin < end:
                pipe.write(data[begin:end])
                pipe.keyboard.read()
        pipe.finish()
        pipe.keyboard.read()
        lines = data.removesuffix(b"\n").split(b"\n") if data else []
        assert taken(pipe.keyboard) == [line.decode(errors="replace").strip() for line in lines]
        pipe.close()


class TestTheEndOfInput:
    def test_comes_after_the_last_line(self, pipe: Pipe) -> None:
        pipe.write(b"5\n")
        pipe.finish()
        assert pipe.keyboard.wait() == "5"
        assert not pipe.keyboard.is_over
        assert pipe.keyboard.wait() is None
        assert pipe.keyboard.is_over

    def test_ends_a_line_that_nothing_else_has_ended(self, pipe: Pipe) -> None:
        pipe.write(b"5\n6")
        pipe.finish()
        assert [pipe.keyboard.wait() for _ in range(3)] == ["5", "6", None]

    def test_makes_no_line_of_its_own(self, pipe: Pipe) -> None:
        pipe.finish()
        pipe.keyboard.read()
        assert taken(pipe.keyboard) == []
        assert pipe.keyboard.is_over

    def test_stays_the_end(self, pipe: Pipe) -> None:
        pipe.write(b"6")
        pipe.finish()
        assert pipe.keyboard.wait() == "6"
        assert [pipe.keyboard.wait() for _ in range(3)] == [None] * 3

    def test_is_a_descriptor_that_fails(self, tmp_path: Path) -> None:
        directory = os.open(tmp_path, os.O_RDONLY)
        keyboard = Keyboard(directory)
        assert keyboard.wait() is None
        assert keyboard.is_over
        os.close(directory)

    def test_is_not_waited_for_when_it_has_come(self, pipe: Pipe) -> None:
        pipe.finish()
        assert pipe.keyboard.wait() is None
        pipe.keyboard._descriptor = -1
        assert pipe.keyboard.wait() is None


class TestATerminal:
    def test_is_one(self, terminal: Terminal) -> None:
        assert Keyboard(terminal.stdin.fileno()).is_terminal

    def test_gives_what_is_typed_until_the_end_of_input(self, terminal: Terminal) -> None:
        keyboard = Keyboard(terminal.stdin.fileno())
        terminal.type("5", " x ")
        assert [keyboard.wait() for _ in range(3)] == ["5", "x", None]

    def test_is_not_spent(self, terminal: Terminal) -> None:
        terminal.type()
        assert not Keyboard(terminal.stdin.fileno()).is_spent()

    def test_that_has_gone_is_the_end_of_input(self) -> None:
        ours, theirs = os.openpty()
        keyboard = Keyboard(theirs)
        os.close(ours)
        assert keyboard.wait() is None
        assert keyboard.is_over
        os.close(theirs)


class TestAPipe:
    def test_is_spent_when_it_has_ended_and_no_line_is_left(self, pipe: Pipe) -> None:
        assert not pipe.keyboard.is_spent()
        pipe.write(b"5\n6")
        pipe.finish()
        assert not pipe.keyboard.is_spent()
        assert not pipe.keyboard.is_spent()
        assert pipe.keyboard.wait() == "5"
        assert not pipe.keyboard.is_spent()
        assert pipe.keyboard.wait() == "6"
        assert pipe.keyboard.is_spent()

    def test_is_no_terminal(self, pipe: Pipe) -> None:
        assert not pipe.keyboard.is_terminal

    def test_can_be_waited_for_beside_other_things(self, pipe: Pipe) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe.keyboard, selectors.EVENT_READ)
            assert selector.select(0) == []
            pipe.write(b"5\n")
            ((key, _),) = selector.select(0)
            assert key.fileobj is pipe.keyboard
