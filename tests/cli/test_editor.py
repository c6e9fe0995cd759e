import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttt_cli.editor import LONGEST, LineEditor

ANY_INPUT = settings(derandomize=True, deadline=None)


def after(keys: str | bytes) -> tuple[list[str], str]:
    """Return the lines that `keys` end, and what is left on the line."""
    editor = LineEditor()
    lines = editor.feed(keys if isinstance(keys, bytes) else keys.encode())
    assert not editor.is_over
    return lines, editor.text


@pytest.mark.parametrize(
    ("keys", "lines", "text"),
    [
        ("5", [], "5"),
        ("5\n", ["5"], ""),
        ("5\r", ["5"], ""),
        ("a b\nqu", ["a b"], "qu"),
        ("\n\n", ["", ""], ""),
        ("12\x7f3", [], "13"),
        ("12\b\b\b3\n", ["3"], ""),
        ("nonsense\x155\n", ["5"], ""),
        ("é\x7fo", [], "o"),
        ("a\tb\x00\x01c", [], "abc"),
        ("5\x04\n", ["5"], ""),
    ],
)
def test_keys_make_lines_as_on_a_terminal(keys: str, lines: list[str], text: str) -> None:
    assert after(keys) == (lines, text)


@pytest.mark.parametrize(
    "keys",
    ["\x1b[A", "\x1b[1;5C", "\x1bOP", "\x1b[200~", "\x1b", "\x1b\x1b[D", "\x1b[?1;2c"],
)
def test_arrows_and_other_such_keys_type_nothing(keys: str) -> None:
    assert after(f"4{keys}") == ([], "4")
    if keys != "\x1b":
        assert after(f"4{keys}2") == ([], "42")


def test_what_follows_an_escape_that_begins_nothing_counts() -> None:
    assert after("\x1b5\n") == (["5"], "")
    assert after("\x1b[\n5\n") == (["", "5"], "")
    assert after("\x1bO\n") == ([""], "")


def test_ctrl_d_on_an_empty_line_is_the_end_and_nothing_counts_after_it() -> None:
    editor = LineEditor()
    assert editor.feed(b"1\n\x042\n") == ["1"]
    assert editor.is_over
    assert editor.feed(b"3\n") == []


def test_a_line_has_no_more_than_so_many_signs() -> None:
    lines, _ = after("a" * 5000 + "\n")
    assert lines == ["a" * LONGEST]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert after(b"\xff5\n") == (["\N{REPLACEMENT CHARACTER}5"], "")


@ANY_INPUT
@given(st.binary(), st.lists(st.integers(0, 50)))
def test_it_makes_no_difference_how_keys_come(keys: bytes, cuts: list[int]) -> None:
    whole, parts = LineEditor(), LineEditor()
    lines = whole.feed(keys)
    ends = [0, *sorted(min(cut, len(keys)) for cut in cuts), len(keys)]
    pieces = [keys[a:b] for a, b in itertools.pairwise(ends)]
    assert [line for piece in pieces for line in parts.feed(piece)] == lines
    assert (parts.text, parts.is_over) == (whole.text, whole.is_over)
    assert all(line.isprintable() and len(line) <= LONGEST for line in lines)
