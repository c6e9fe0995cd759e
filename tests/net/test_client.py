"""The client half of the protocol: what it understands and says, from the number to the end."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.net.client_scripts import (
    DRAWN_BY,
    DUE,
    HEARD_IN_WON,
    LOST,
    STEPS,
    WON,
    after,
    assert_broken,
    assert_silent,
    drawn,
    follow,
    hear,
    played,
    shown,
)
from ttt_core import Mark
from ttt_net.client import FAREWELL_WAIT, SETTLE, Client
from ttt_net.news import Broken, Dismissed, Marked, Matched, News, Numbered, Over, Result, Trouble

ANYWHERE = settings(derandomize=True, deadline=None)


def test_a_won_game_is_told_and_answered_from_the_number_to_the_line() -> None:
    client, news = follow(WON)
    assert news == HEARD_IN_WON
    assert client.outgoing == b"c1ezc2c3i1ezi2i3"
    assert (client.player, client.mark, client.opponent) == (67, Mark.X, 1234)
    assert client.board is played(0, 3, 1, 4, 2)
    assert_silent(client)


def test_nothing_is_known_before_it_is_told() -> None:
    client = Client()
    assert (client.player, client.mark, client.opponent) == (None, None, None)
    assert client.board is played()
    assert (client.is_asked, client.is_over) == (False, False)


def test_a_lost_game_is_told_with_the_move_that_lost_it() -> None:
    client, news = follow(LOST)
    assert news[:4] == [Numbered(6), Marked(Mark.O), Matched(7), shown(ours=False)]
    assert news[-2:] == [
        shown(0, 3, 1, 4, ours=False),
        Over(played(0, 3, 1, 4, 2), Result.LOST, (0, 1, 2), 2),
    ]
    assert client.outgoing == b"c1c2c3i4i5"
    assert_silent(client)


def test_a_drawn_game_is_over_without_a_line() -> None:
    client, news = follow(drawn())
    assert news[-1] == Over(played(*DRAWN_BY), Result.DRAWN, None, 8)
    assert client.outgoing == b"c1c2c3i1i3i4i8i9"
    assert_silent(client)


# Where TCP cuts.


@given(data=st.data())
@ANYWHERE
def test_where_tcp_cuts_and_how_long_it_takes_makes_no_difference(data: st.DataObject) -> None:
    client, now, news = Client(), 0.0, list[News]()
    talk: list[bytes | int] = [b""]
    for item in WON:  # what the server can say before we move, in one
        if isinstance(item, bytes) and isinstance(talk[-1], bytes):
            talk[-1] += item
        else:
            talk.append(item)
    for item in talk:
        if isinstance(item, int):
            client.move(item)
            continue
        inside = {at for run in re.finditer(rb"(?<=[AI])\d+", item) for at in _inner(run.span())}
        at = 0
        while at < len(item):
            gap = data.draw(st.sampled_from([0.0, 0.04] if at in inside else [0.0, 0.04, 3.0]))
            now += gap
            if (due := client.next_deadline()) is not None and due <= now:
                news += client.tick(due)
            size = data.draw(st.integers(1, len(item) - at) | st.just(1))
            news += client.receive(item[at : at + size], now)
            at += size
    assert news == HEARD_IN_WON
    assert client.outgoing == b"c1ezc2c3i1ezi2i3"


def _inner(span: tuple[int, int]) -> range:
    return range(span[0] + 1, span[1])


@pytest.mark.parametrize(("step", "letter"), [(0, b"A"), (3, b"I")])
def test_a_number_is_confirmed_once_nothing_has_followed_it_for_a_while(
    step: int, letter: bytes
) -> None:
    client = after(WON[:step])
    assert client.receive(letter, 50.0) == []
    assert client.next_deadline() is None  # a letter alone is no number
    assert client.receive(b"1", 60.0) == []
    assert client.next_deadline() == 60.0 + SETTLE
    assert client.receive(b"2", 60.04) == []
    assert client.next_deadline() == 60.04 + SETTLE
    assert client.tick(60.0 + SETTLE) == []  # the second digit has put it off
    assert client.outgoing == b""
    assert len(client.tick(60.04 + SETTLE)) == 1
    assert client.outgoing == {0: b"c1", 3: b"c3"}[step]
    assert client.next_deadline() is None
    assert 12 in (client.player, client.opponent)
    assert client.tick(1e9) == []


def test_a_digit_that_comes_after_its_number_has_ended_is_a_mistake_of_the_server() -> None:
    client = Client()
    client.receive(b"A1", 60.0)
    assert client.tick(60.0 + SETTLE) == [Numbered(1)]
    (broken,) = client.receive(b"2", 60.2)
    assert isinstance(broken, Broken)
    assert broken.trouble is Trouble.PROTOCOL


@pytest.mark.parametrize("digits", [b"1", b"1234567890", b"9" * 127])
def test_a_number_has_ended_where_another_letter_follows(digits: bytes) -> None:
    client = Client()
    assert client.receive(b"A" + digits + b"R", 0.0) == [Numbered(int(digits))]
    assert client.outgoing == b"c1"
    assert client.next_deadline() is None


# Signs of life.


@pytest.mark.parametrize("step", [2, 4, 6, 7, 9, 10, 13])
@pytest.mark.parametrize("character", [b"z", b"Q", b"E", b"7", b"\xff"])
def test_a_question_for_a_sign_of_life_is_answered_with_its_character(
    step: int, character: bytes
) -> None:
    client = after(WON[:step])
    asked = client.is_asked
    assert hear(client, b"E") == []
    assert client.outgoing == b""
    assert hear(client, character + b"Ez") == []
    assert client.outgoing == b"e" + character + b"ez"
    assert client.is_asked is asked


# The end, wherever it comes.


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("ends", ["by the stream", "by the clock"])
def test_a_farewell_is_heard_at_every_step_and_in_any_pieces(step: int, ends: str) -> None:
    text = b"QBye. E\xff"
    for cut in range(len(text) + 1):
        client = after(WON[:step])
        assert client.receive(text[:cut], 5.0) == []
        assert client.receive(text[cut:], 5.0 if cut == 0 else 14.9) == []
        assert client.next_deadline() == 5.0 + FAREWELL_WAIT
        assert client.tick(14.99) == []
        assert not client.is_over
        news = client.end() if ends == "by the stream" else client.tick(15.0)
        assert news == [Dismissed("Bye. E\ufffd")]
        assert client.outgoing == b""
        assert_silent(client)


def test_a_farewell_may_follow_a_number_at_once() -> None:
    client = Client()
    assert client.receive(b"A7QBye.", 0.0) == [Numbered(7)]
    assert client.end() == [Dismissed("Bye.")]
    assert client.outgoing == b"c1"


@pytest.mark.parametrize("step", STEPS)
def test_the_end_of_the_stream_is_told_with_what_was_due(step: int) -> None:
    client = after(WON[:step])
    due = DUE.get(step, DUE[5] if str(WON[step]).startswith("b'C") else DUE[7])
    due = DUE[2] if step == 1 else due
    trouble = Trouble.LOST if step else Trouble.UNHEARD
    assert assert_broken(client, client.end(), trouble) == f"{due} was due"


def test_the_end_of_the_stream_within_a_message_is_told_like_any_other() -> None:
    for step, half in ((0, b"A"), (0, b"A7"), (2, b"R"), (4, b"BX  "), (5, b"C"), (4, b"E")):
        client = after(WON[:step])
        assert client.receive(half, 0.0) == []
        assert DUE[step] in assert_broken(client, client.end(), Trouble.LOST)


@pytest.mark.parametrize("step", STEPS)
def test_leaving_is_said_once_and_ends_everything(step: int) -> None:
    client = after(WON[:step])
    client.receive(b"Q" if step == 4 else b"", 0.0)
    client.leave("caf\xe9")
    assert client.outgoing == b"qcaf?"
    assert_silent(client)


def test_who_leaves_does_not_say_any_more_what_has_not_been_sent() -> None:
    client = Client()
    client.receive(b"A7", 0.0)
    assert client.tick(SETTLE) == [Numbered(7)]
    assert client.outgoing == b"c1"
    client.leave()
    assert client.outgoing == b"q"
