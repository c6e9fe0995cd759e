"""The hub, stage by stage: every kind of message in every stage, legal and not."""

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conversation import FEEDS, Conversation, talk
from tests.net.openings import ARRIVED, BY_STAGE, PLAYING, TOLD_OPPONENT
from ttt_net import Hub, Session, Stage
from ttt_net.events import ClientConnected, Departure, MessageUnexpected, PlayerLeft
from ttt_net.session import CONFIRMATIONS, LEGAL

STAGES = list(BY_STAGE)
KINDS = ["c1", "c2", "c3", "i5", "ez", "q", "x", "A1", "\\x00", "\\xff", "Q", "I1", "C1", "7"]
UNEXPECTED = "QYou have been put out: the server received an unexpected message."


def legal(stage: Stage, message: str) -> bool:
    """What the stage table of the architecture says, written a second time."""
    return message in {
        Stage.GREETED: ("c1", "q"),
        Stage.WAITING: ("ez", "q"),
        Stage.TOLD_MARK: ("c2", "ez", "q"),
        Stage.TOLD_OPPONENT: ("c3", "q"),
        Stage.READY: ("q",),
        Stage.PLAYING: ("i5", "ez", "q"),
        Stage.CLOSING: KINDS,
    }.get(stage, ())


WORDS = {
    Stage.GREETED: "being greeted",
    Stage.WAITING: "waiting for an opponent",
    Stage.TOLD_MARK: "being told its mark",
    Stage.TOLD_OPPONENT: "being told its opponent",
    Stage.READY: "waiting for the first board",
    Stage.PLAYING: "playing",
    Stage.CLOSING: "leaving",
    Stage.GONE: "gone",
}


def at(stage: Stage, feed: str = "whole") -> Conversation:
    conversation = Conversation(feed=feed)
    conversation.hold(BY_STAGE[stage])
    assert conversation.clients[1].stage is stage
    return conversation


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_is_called_by_words_that_complete_while(stage: Stage) -> None:
    assert stage.value == WORDS[stage]


def say(conversation: Conversation, message: str) -> None:
    data = message.encode().decode("unicode_escape").encode("latin-1")
    conversation.hub.receive(conversation.clients[1], data, conversation.now)


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_reached(stage: Stage, feed: str) -> None:
    at(stage, feed)


@pytest.mark.parametrize("message", KINDS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_message_is_unexpected_exactly_where_the_table_does_not_allow_it(
    stage: Stage, message: str
) -> None:
    conversation = at(stage)
    before = len(conversation.events)
    say(conversation, message)
    unexpected = [e for e in conversation.events[before:] if isinstance(e, MessageUnexpected)]
    assert bool(unexpected) is not legal(stage, message)
    if unexpected:
        client = conversation.clients[1]
        assert (client.farewell or client.outgoing).endswith(UNEXPECTED.encode())


def test_the_table_allows_a_confirmation_where_one_is_waited_for() -> None:
    assert {stage for stage in LEGAL if ord("c") in LEGAL[stage]} == set(CONFIRMATIONS)


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.TOLD_MARK, Stage.READY, Stage.PLAYING])
def test_who_says_something_unexpected_is_told_at_once_where_that_is_safe(stage: Stage) -> None:
    conversation = at(stage)
    conversation.clients.pop(2, None)
    say(conversation, "x")
    assert conversation.clients[1].stage is Stage.CLOSING
    assert conversation.clients[1].outgoing.endswith(UNEXPECTED.encode())


def test_garbage_instead_of_the_first_confirmation_is_answered_after_the_number_has_settled() -> (
    None
):
    talk(f"""
        1 connects
        1 < A1
        1 > GET / HTTP/1.1
        +0.75
        1 > c2
        1 > more of it
        +0.25
        1 < {UNEXPECTED}
        1 closed
    """)


def test_garbage_instead_of_the_opponents_confirmation_ends_the_pair() -> None:
    talk(
        TOLD_OPPONENT
        + f"""
        1 > zz
        +1
        1 < {UNEXPECTED}
        1 closed
        2 > ez
        3 connects
        3 < A3
        3 > c1
        2 < RO
    """
    )


def test_a_confirmation_lets_the_farewell_go_out_at_once() -> None:
    talk(f"""
        1 connects
        1 < A1
        1 > c2
        1 > c1
        1 < {UNEXPECTED}
        1 closed
    """)


def test_the_log_is_told_what_came_and_where() -> None:
    events = talk(
        PLAYING + "1 > x{}\\n\n1 < " + UNEXPECTED + "\n1 closed\n2 < QYour opponent "
        "broke the rules and was put out. You win.\n2 closed\n"
    )
    assert MessageUnexpected(1, b"x{}\n", "playing") in events


@pytest.mark.parametrize("stage", [s for s in STAGES if s is not Stage.CLOSING])
@pytest.mark.parametrize("end", ["leaves", "resets"])
def test_a_client_may_vanish_in_any_stage(stage: Stage, end: str) -> None:
    conversation = at(stage)
    departure = {"leaves": Departure.CLOSED, "resets": Departure.RESET}[end]
    conversation.hub.lost(conversation.clients[1], departure, conversation.now)
    probe = stage is Stage.GREETED
    assert PlayerLeft(1, departure, b"", probe) in conversation.events
    assert conversation.clients[1] not in conversation.hub.sessions


@pytest.mark.parametrize("feed", FEEDS)
def test_a_probe_is_known_as_one_in_both_its_events(feed: str) -> None:
    assert talk("1 connects\n1 < A1\n1 > q\n1 closed\n1 leaves", feed) == [
        ClientConnected(1, "peer 1", probe=True),
        PlayerLeft(1, Departure.QUIT, b"", probe=True),
    ]


def test_what_a_client_says_after_its_last_message_is_dropped() -> None:
    talk("1 connects\n1 < A1\n1 > q\n1 closed\n1 > c1\n1 > q\n1 > i5\n+60\n1 dropped")


@pytest.mark.parametrize("feed", FEEDS)
def test_what_comes_together_with_an_unexpected_message_is_dropped(feed: str) -> None:
    talk(ARRIVED + f"1 > c1\n1 > ez\n1 < {UNEXPECTED}\n1 closed", feed)


@given(
    data=st.lists(st.binary(max_size=30) | st.sampled_from([b"c1", b"c2", b"i5", b"ez", b"q"])),
    stage=st.sampled_from(STAGES),
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_no_bytes_make_the_hub_raise(data: list[bytes], stage: Stage) -> None:
    conversation = at(stage)
    conversation.hub.touched.clear()
    for piece in data:
        conversation.hub.receive(conversation.clients[1], piece, conversation.now)
    while (due := conversation.hub.next_deadline()) < inf:
        for session in conversation.hub.take_due(due):
            conversation.hub.expire(session, due)
    assert conversation.hub.sessions == []


@pytest.mark.parametrize("stage", STAGES)
def test_no_byte_alone_or_after_a_letter_makes_the_hub_raise(stage: Stage) -> None:
    for letter in (b"", b"c", b"i", b"e", b"q"):
        for byte in range(256):
            conversation = at(stage)
            conversation.hub.receive(conversation.clients[1], letter + bytes([byte]), 0.0)
            assert len(conversation.clients[1].half) <= 1


@pytest.mark.parametrize("unsent", [b"", b"Ez"])
@pytest.mark.parametrize("stage", [s for s in STAGES if s is not Stage.CLOSING])
def test_a_client_that_ends_its_side_is_gone_in_any_stage(stage: Stage, unsent: bytes) -> None:
    conversation = at(stage)
    session = conversation.clients[1]
    session.outgoing = unsent
    assert not conversation.hub.ended(session, conversation.now)
    assert session.stage is Stage.GONE


def test_who_ends_its_side_stays_until_its_last_message_is_sent() -> None:
    conversation = at(Stage.WAITING)
    hub, session = conversation.hub, conversation.clients[1]
    say(conversation, "x")
    assert hub.ended(session, 0.0)
    assert session in hub.sessions
    session.outgoing = b""
    assert not hub.ended(session, 0.0)
    assert session not in hub.sessions


WHOLE_AND_DUE = {**CONFIRMATIONS, Stage.PLAYING: b"i5"}


@pytest.mark.parametrize("stage", WHOLE_AND_DUE)
@pytest.mark.parametrize("half", [b"c", b"i", b"e"])
def test_what_follows_half_a_message_is_its_other_half_whatever_it_looks_like(
    half: bytes, stage: Stage
) -> None:
    due = WHOLE_AND_DUE[stage]
    cut, whole = at(stage), at(stage)
    for conversation, pieces in ((cut, (half, due)), (whole, (half + due,))):
        for piece in pieces:
            conversation.hub.receive(conversation.clients[1], piece, conversation.now)
    assert repr(cut.events) == repr(whole.events)  # no two reasons of a refusal are equal
    assert MessageUnexpected in map(type, cut.events)


class Uncut(Session):
    """A client whose bytes nobody may cut."""

    def split(self, data: bytes) -> list[bytes]:
        raise AssertionError(data)


def test_one_whole_message_that_is_due_is_taken_as_it_is() -> None:
    hub = Hub()
    o, x = Uncut("o", hub.touched), Uncut("x", hub.touched)
    for session in (o, x):
        hub.welcome(session, 0.0)
        hub.receive(session, b"c1", 0.0)
    for session in (o, x):
        hub.receive(session, b"c2", 0.0)
        hub.receive(session, b"c3", 0.0)
    hub.receive(x, b"i5", 0.0)
    assert o.outgoing.endswith(b"I5B    X    CY")


def test_numbers_rise_and_are_never_given_twice() -> None:
    hub = Hub()
    first = hub.connect("a", 0.0)
    hub.lost(first, Departure.CLOSED, 0.0)
    assert [first.number, hub.connect("b", 0.0).number, hub.connect("c", 0.0).number] == [1, 2, 3]


def test_a_session_shows_its_number_and_stage() -> None:
    assert repr(Session("a", [])) == "<Session 0 GREETED>"
    assert repr(Hub().connect("a", 0.0)) == "<Session 1 GREETED>"
