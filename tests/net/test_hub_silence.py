"""Silence, from every seat: after how long it ends, and who is told what."""

import math

import pytest

from tests.conversation import talk
from tests.net.openings import PLAYING
from tests.net.seats import NOT_BEGUN, SEATS, WON_BY_LEAVING, Scene, connected
from ttt_net import Departure, Hub, Limits, Stage

SILENT = b"QYou have been put out: no answer came from you in time."
TOO_SLOW = b"QYou took too long to move. Your opponent wins."
WON_BY_TIME = b"QYour opponent took too long to move. You win."
ECHO = b"Ez"

BOUNDS = [
    # The seat, the seconds, what is heard before that, and what the opponent is told then.
    ("G", 10, b"", b""),
    ("W", 18, ECHO * 2, b""),
    ("T", 3, b"", b""),
    ("O", 3, b"", b""),
    ("t", 3, b"", NOT_BEGUN),
    ("o", 3, b"", NOT_BEGUN),
    ("M", 120, b"", WON_BY_TIME),
    ("N", 18, ECHO * 2, WON_BY_LEAVING),
]

GRAIN = 0.25


def let_pass(scene: Scene, seconds: float) -> tuple[bytes, bytes]:
    """Let time pass; the other one answers signs of life. Returns what both have heard."""
    mine = theirs = b""
    for _ in range(round(seconds / GRAIN)):
        scene.wait(GRAIN)
        heard, answered = scene.heard()
        if answered == ECHO and scene.other is not None:
            scene.hub.receive(scene.other, b"ez", scene.now)
            answered = b""
        mine, theirs = mine + heard, theirs + answered
    return mine, theirs


@pytest.mark.parametrize(("letter", "bound", "before", "other_is_told"), BOUNDS)
def test_who_says_nothing_is_put_out_in_its_time_and_its_opponent_told(
    letter: str, bound: float, before: bytes, other_is_told: bytes
) -> None:
    seat = SEATS[letter]
    scene = Scene(seat)
    assert let_pass(scene, bound - GRAIN) == (before, b"")
    assert scene.who.stage is seat.stage
    heard, told = let_pass(scene, 2 * GRAIN)
    assert heard == (TOO_SLOW if letter == "M" else SILENT)
    # It may be asked for a sign of life in that very moment.
    assert told.removeprefix(ECHO) == other_is_told
    assert scene.who.stage is Stage.CLOSING
    departure = Departure.TOO_SLOW if letter == "M" else Departure.SILENT
    lines = [line for line in scene.log if f"Player {seat.who} is lost" in line]
    assert lines == [f"WARNING Player {seat.who} is lost: {departure.value}"]
    assert set(connected(seat)) <= set(scene.log)


def test_every_seat_in_which_something_is_waited_for_has_its_bound() -> None:
    # From the others it is the opponent that something is waited for.
    assert set(SEATS) - {letter for letter, *_ in BOUNDS} == {"Y", "Z", "w", "v", "C"}


@pytest.mark.parametrize("letter", ["Y", "Z"])
def test_who_is_ready_waits_for_the_newcomer_no_longer_than_that_has(letter: str) -> None:
    scene = Scene(SEATS[letter])
    assert scene.who.due == 6  # of the ten that its client waits
    assert let_pass(scene, 3 + GRAIN) == (NOT_BEGUN, SILENT)


def test_a_newcomer_that_was_heard_late_has_its_time_for_the_next_answer() -> None:
    scene = Scene(SEATS["Y"])
    assert scene.other is not None
    # As after a pause of the machine: its answer had come in time.
    scene.hub.receive(scene.other, b"c2", 5.9)
    assert let_pass(scene, 8.75) == (b"", b"I1")
    assert scene.who.stage is Stage.READY
    assert let_pass(scene, 2 * GRAIN) == (NOT_BEGUN, SILENT)


def test_who_is_ready_gives_a_newcomer_up_whose_time_is_over_at_the_same_moment() -> None:
    scene = Scene(SEATS["Y"])
    scene.hub.expire(scene.who, 6.0)
    assert scene.heard() == (NOT_BEGUN, SILENT)
    assert [line for line in scene.log if " is lost" in line] == [
        f"WARNING Player 2 is lost: {Departure.SILENT.value}"
    ]


@pytest.mark.parametrize("letter", ["w", "v"])
def test_whom_a_ghost_was_matched_with_waits_on_and_is_next(letter: str) -> None:
    scene = Scene(SEATS[letter])
    assert let_pass(scene, 3 + GRAIN) == (b"", SILENT)
    assert scene.hub._lobby.waiting is scene.who


def test_a_last_message_may_stay_unread_for_a_minute() -> None:
    scene = Scene(SEATS["C"])
    let_pass(scene, 60 - GRAIN)
    assert scene.who in scene.hub.sessions
    let_pass(scene, 2 * GRAIN)
    assert scene.who not in scene.hub.sessions


def test_a_time_to_move_that_is_shorter_than_the_silence_before_an_echo_is_kept_too() -> None:
    # Both are looked at 3 s after they came, when the one that waits would be asked for a sign
    # of life at 8 s only: but it is to move before that.
    talk(
        PLAYING
        + """
        +1.0
        2 > i5
        2 < B    X    CN
        1 < I5B    X    CY
        +1.0
        1 > i1
        1 < BO   X    CN
        2 < I1BO   X    CY
        +1.5
        2 > i2
        2 < BOX  X    CN
        1 < I2BOX  X    CY
        +1.75
        +0.25
        1 < QYou took too long to move. Your opponent wins.
        1 closed
        2 < QYour opponent took too long to move. You win.
        2 closed
        """,
        limits=Limits(thinking=2.0),
    )


def test_without_a_limit_to_thinking_a_mover_may_think_for_a_day() -> None:
    scene = Scene(SEATS["M"], Limits(thinking=math.inf))
    assert let_pass(scene, 86_400) == (b"", b"")
    assert (scene.who.stage, scene.now) == (Stage.PLAYING, 86_400)


@pytest.mark.parametrize("ending", ["leaves", "is reset", "says quit"])
@pytest.mark.parametrize("letter", ["M", "N"])
def test_a_partner_is_told_in_the_same_moment_and_not_with_the_next_move(
    letter: str, ending: str
) -> None:
    scene = Scene(SEATS[letter])
    if ending == "says quit":
        scene.say(b"q")
    else:
        scene.lose(Departure.CLOSED if ending == "leaves" else Departure.RESET)
    assert scene.other in scene.hub.touched
    assert scene.heard() == (b"", WON_BY_LEAVING)


def test_however_late_a_newcomer_is_heard_who_is_ready_never_waits_beyond_its_fuse() -> None:
    hub = Hub(Limits(confirmation=4.7))
    ready, newcomer = hub.connect("ready", 0.0), hub.connect("newcomer", 0.0)
    for session, message in ((ready, b"c1"), (newcomer, b"c1"), (ready, b"c2"), (ready, b"c3")):
        hub.receive(session, message, 0.0)
    hub.receive(newcomer, b"c2", 9.3)  # as after a pause of the machine
    ready.outgoing, now = b"", 9.3
    while not ready.outgoing:
        now = hub.next_deadline()
        for session in hub.take_due(now):
            hub.expire(session, now)
    assert ready.outgoing == NOT_BEGUN
    assert 9.3 < now < 10
