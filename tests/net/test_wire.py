"""The wire: the bytes of each message, and how a client's bytes are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttt_core import Board, Mark
from ttt_net import wire
from ttt_net.session import Session

BYTEWISE = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wire.number(1), b"A1"),
        (wire.number(1234567), b"A1234567"),
        (wire.mark(Mark.X), b"RX"),
        (wire.mark(Mark.O), b"RO"),
        (wire.opponent(42), b"I42"),
        (wire.ECHO, b"Ez"),
        (wire.goodbye("Bye."), b"QBye."),
    ],
)
def test_messages_to_a_client_are_spelt_as_the_protocol_says(said: bytes, expected: bytes) -> None:
    assert said == expected


@pytest.mark.parametrize("length", [1022, 1023, 1024, 5000])
def test_a_farewell_is_never_longer_than_a_client_reads(length: int) -> None:
    assert len(wire.goodbye("x" * length)) == min(length + 1, 1024)


def test_a_farewell_is_ascii() -> None:
    assert wire.goodbye("caf\xe9") == b"Qcaf?"


def test_the_player_to_move_is_told_so_and_the_other_is_told_to_wait() -> None:
    board = Board().play(0)
    assert wire.turn(board, Mark.O) == b"BX        CY"
    assert wire.turn(board, Mark.X) == b"BX        CN"


def test_a_move_is_answered_with_one_string_for_each_player() -> None:
    assert wire.replies(Board().play(4), 4) == (b"B    X    CN", b"I5B    X    CY")


def test_a_winning_move_is_answered_with_result_and_line() -> None:
    board = Board.from_text("XX.OO....")
    assert wire.replies(board.play(2), 2) == (b"BXXXOO    CWP012", b"I3BXXXOO    CLP012")


def test_a_last_move_without_a_line_is_answered_with_a_draw() -> None:
    board = Board.from_text("XOXXOOOX.")
    assert wire.replies(board.play(8), 8) == (b"BXOXXOOOXXCD", b"I9BXOXXOOOXXCD")


def test_every_message_has_the_length_that_clients_read() -> None:
    board = Board()
    for square in range(9):
        mine, theirs = wire.replies(board.play(square), square)
        assert (len(mine), len(theirs)) == (12, 14)
    assert len(wire.turn(board, Mark.X)) == 12


def test_only_i1_to_i9_name_squares() -> None:
    named = {
        bytes((wire.MOVE, byte)): wire.square_of(bytes((wire.MOVE, byte))) for byte in range(256)
    }
    assert {move: square for move, square in named.items() if square != wire.NOWHERE} == {
        b"i%d" % (square + 1): square for square in range(9)
    }


@pytest.mark.parametrize("square", range(9))
def test_a_move_is_said_with_its_square_counted_from_one(square: int) -> None:
    assert wire.move(square) == b"i" + b"123456789"[square : square + 1]
    assert wire.square_of(wire.move(square)) == square


def test_an_answer_gives_back_the_character_of_the_question() -> None:
    assert wire.answer(wire.ECHO[1:]) == b"ez"
    for byte in range(256):
        assert wire.answer(bytes((byte,))) == bytes((wire.ANSWER, byte))


@pytest.mark.parametrize(
    ("reason", "said"), [("", b"q"), ("Bye.", b"qBye."), ("caf\xe9", b"qcaf?"), ("\ud800", b"q?")]
)
def test_who_leaves_says_why_in_ascii_or_nothing(reason: str, said: bytes) -> None:
    assert wire.leave(reason) == said
    assert wire.split(wire.leave(reason)) == ([said], b"")


@pytest.mark.parametrize(
    ("data", "messages", "half"),
    [
        (b"", [], b""),
        (b"c", [], b"c"),
        (b"c1", [b"c1"], b""),
        (b"c1e", [b"c1"], b"e"),
        (b"c1ezi5", [b"c1", b"ez", b"i5"], b""),
        (b"q", [b"q"], b""),
        (b"qqq", [b"qqq"], b""),
        (b"i5qc1 i5", [b"i5", b"qc1 i5"], b""),
        (b"iq", [b"iq"], b""),
        (b"x", [b"x"], b""),
        (b"ezxc1", [b"ez", b"xc1"], b""),
        (b"\x00\xff", [b"\x00\xff"], b""),
    ],
)
def test_bytes_are_cut_into_messages(data: bytes, messages: list[bytes], half: bytes) -> None:
    assert wire.split(data) == (messages, half)


@given(data=st.binary() | st.text(alphabet="ceiq1z").map(str.encode))
@BYTEWISE
def test_cutting_loses_nothing_and_keeps_at_most_one_byte(data: bytes) -> None:
    messages, half = wire.split(data)
    assert b"".join(messages) + half == data
    assert len(half) <= 1
    assert all(messages)


@given(data=st.lists(st.sampled_from([b"c1", b"c2", b"i5", b"ez", b"ii", b"ec"])), cut=st.data())
@BYTEWISE
def test_where_tcp_cuts_makes_no_difference(data: list[bytes], cut: st.DataObject) -> None:
    stream = b"".join(data)
    session = Session("peer", [])
    read: list[bytes] = []
    at = 0
    while at < len(stream):
        size = cut.draw(st.integers(1, len(stream) - at))
        read += session.split(stream[at : at + size])
        at += size
    assert read == data
    assert session.half == b""
