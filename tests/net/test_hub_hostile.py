"""Every message, good and bad, from every seat, as one grid.

For each cell it is known what the player hears, what its opponent hears, what the log says,
and that another table plays on.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.net.seats import BOARD, SEATS, UNEXPECTED, Scene, connected, ending
from ttt_net import Departure, Stage

# +  the conversation goes on      .  nothing is said to anybody
# r  refused, and asked again      n  refused without a word
# Q  it has left                   X  it is put out
GRID = """
message                         G W T O Y Z w v t o M N C
c1                              + X X X X X X X X X X X .
c2                              X X + X X X X X + X X X .
c3                              X X X + X X X X X + X X .
c9                              X X X X X X X X X X X X .
c\\x00                          X X X X X X X X X X X X .
cc                              X X X X X X X X X X X X .
ez                              X . . X X X . . . X . . .
e\\x00                          X . . X X X . . . X . . .
i5                              X X X X X X X X X X + n .
i1                              X X X X X X X X X X r n .
i0                              X X X X X X X X X X r n .
ix                              X X X X X X X X X X r n .
i\\x00                          X X X X X X X X X X r n .
i\\xb2                          X X X X X X X X X X r n .
i\\xff                          X X X X X X X X X X r n .
ii                              X X X X X X X X X X r n .
i+                              X X X X X X X X X X r n .
x                               X X X X X X X X X X X X .
C1                              X X X X X X X X X X X X .
I5                              X X X X X X X X X X X X .
Qbye                            X X X X X X X X X X X X .
\\x00                           X X X X X X X X X X X X .
\\x80                           X X X X X X X X X X X X .
\\xff\\xfe                      X X X X X X X X X X X X .
\\n                             X X X X X X X X X X X X .
\\x1b[2J                        X X X X X X X X X X X X .
{0}<red>%s                      X X X X X X X X X X X X .
GET / HTTP/1.1\\r\\n\\r\\n       X X X X X X X X X X X X .
q                               Q Q Q Q Q Q Q Q Q Q Q Q .
qqq                             Q Q Q Q Q Q Q Q Q Q Q Q .
qtea time                       Q Q Q Q Q Q Q Q Q Q Q Q .
q\\n[INFO] me\\r                Q Q Q Q Q Q Q Q Q Q Q Q .
q\\x1b[31m{0}<red>%s\\xe9\\x00  Q Q Q Q Q Q Q Q Q Q Q Q .
"""

SHOWN = {
    "q": "",
    "qqq": "",
    "qtea time": ' "tea time"',
    "q\\n[INFO] me\\r": r' "\x0a\x5bINFO\x5d me\x0d"',
    "q\\x1b[31m{0}<red>%s\\xe9\\x00": r' "\x1b\x5b31m\x7b0\x7d\x3cred\x3e%s\xe9\x00"',
    "\\n": r'"\x0a"',
    "\\x1b[2J": r'"\x1b\x5b2J"',
    "{0}<red>%s": r'"\x7b0\x7d\x3cred\x3e%s"',
    "GET / HTTP/1.1\\r\\n\\r\\n": r'"GET / HTTP/1.1\x0d\x0a\x0d\x0a"',
}
"""How the log shows a message, where that is not simply the message in quotes."""

GOES_ON = {
    # What the one hears who said it, and what the other one hears.
    ("G", "c1"): (b"", b""),
    ("T", "c2"): (b"I2", b""),
    ("O", "c3"): (b"", b"RX"),
    ("t", "c2"): (b"I1", b""),
    ("o", "c3"): (b"B         CY", b"B         CN"),
    ("M", "i5"): (b"BX   O    CN", b"I5BX   O    CY"),
}


def cells() -> Iterator[tuple[str, str, str]]:
    """Give each message, the seat it is said from, and what comes of it."""
    head, *rows = [line for line in GRID.splitlines() if line]
    letters = head.split()[1:]
    for row in rows:
        message, marks = row[: -2 * len(letters)].strip(), row[-2 * len(letters) :].split()
        for letter, mark in zip(letters, marks, strict=True):
            yield message.replace("\\\\", "\\"), letter, mark


CELLS = list(cells())


def data_of(message: str) -> bytes:
    return message.encode("latin-1").decode("unicode_escape").encode("latin-1")


def by_mark(marks: str) -> list[tuple[str, str]]:
    return [(message, letter) for message, letter, mark in CELLS if mark in marks]


def say(scene: Scene, message: str, pieces: str) -> None:
    data = data_of(message)
    for piece in [data] if pieces == "whole" else [data[n : n + 1] for n in range(len(data))]:
        scene.say(piece)


def test_the_grid_is_whole() -> None:
    assert len(CELLS) == len(set(CELLS)) == 33 * len(SEATS)
    assert {letter for _, letter, _ in CELLS} == set(SEATS)
    assert {mark for _, _, mark in CELLS} == set("+.rnQX")


@pytest.mark.parametrize("pieces", ["whole", "bytes"])
@pytest.mark.parametrize(("message", "letter"), by_mark("."))
def test_what_is_not_due_or_too_late_changes_nothing(
    message: str, letter: str, pieces: str
) -> None:
    scene = Scene(SEATS[letter])
    say(scene, message, pieces)
    assert scene.heard() == scene.settle() == (b"", b"")
    assert (scene.who.stage, scene.log) == (SEATS[letter].stage, [])
    scene.assert_the_others_play_on()


@pytest.mark.parametrize("pieces", ["whole", "bytes"])
@pytest.mark.parametrize(("message", "letter"), by_mark("+"))
def test_what_is_due_takes_the_conversation_on(message: str, letter: str, pieces: str) -> None:
    scene = Scene(SEATS[letter])
    say(scene, message, pieces)
    assert scene.heard() == GOES_ON[letter, message]
    matched = ["INFO Player 2 is matched with player 1"] if letter == "O" else []
    assert scene.log == connected(SEATS[letter]) + matched
    scene.assert_the_others_play_on()


@pytest.mark.parametrize("pieces", ["whole", "bytes"])
@pytest.mark.parametrize(("message", "letter"), by_mark("rn"))
def test_an_illegal_move_is_logged_and_nobody_but_the_mover_ever_hears_of_it(
    message: str, letter: str, pieces: str
) -> None:
    seat = SEATS[letter]
    scene = Scene(seat)
    assert scene.other is not None
    scene.wait(1.0)
    due, numbers = (scene.who.due, scene.other.due), scene.hub.numbers()
    say(scene, message, pieces)
    again = f"B{BOARD}CY".encode() if letter == "M" else b""
    assert scene.heard() == (again, b"")
    why = "there is no such square"
    if letter == "N":
        why = "it is not its turn"
    elif message == "i1":
        why = "the square is taken"
    assert scene.log == [f'WARNING Move "{message}" of player {seat.who} is refused: {why}']
    assert scene.who.table is not None
    referee = scene.who.table.referee
    assert (referee.board.cells, referee.moves, referee.outcome) == (BOARD, [0], None)
    assert scene.hub._tables.has_turn(scene.who) is (letter == "M")
    assert (scene.who.due, scene.other.due) == due
    assert scene.hub.numbers() == replace(numbers, refused=1)
    scene.assert_the_others_play_on()


@pytest.mark.parametrize("pieces", ["whole", "bytes"])
@pytest.mark.parametrize(("message", "letter"), by_mark("X"))
def test_who_says_what_it_may_not_say_is_put_out_and_its_opponent_told(
    message: str, letter: str, pieces: str
) -> None:
    seat = SEATS[letter]
    scene = Scene(seat)
    say(scene, message, pieces)
    at_once, later, lines = ending(seat, put_out=True)
    told = b"" if seat.unframed else UNEXPECTED
    assert scene.heard() == (told, at_once)
    if pieces == "whole":
        shown = SHOWN.get(message, f'"{message}"')
        put_out = f"WARNING Player {seat.who} is put out for an unexpected message while "
        assert scene.log == [*connected(seat), f"{put_out}{seat.stage.value}: {shown}", *lines]
    # Its number has no end mark: what it is told is kept until the number has settled.
    assert scene.settle() == (UNEXPECTED if seat.unframed else b"", b"")
    assert scene.who.stage is Stage.CLOSING
    if later:
        assert scene.other is not None
        scene.hub.receive(scene.other, b"c3", 1.0)
        assert scene.heard() == (b"", later)
    scene.assert_the_others_play_on()


@pytest.mark.parametrize("pieces", ["whole", "bytes"])
@pytest.mark.parametrize(("message", "letter"), by_mark("Q"))
def test_who_leaves_hears_nothing_more_and_its_opponent_is_told(
    message: str, letter: str, pieces: str
) -> None:
    seat = SEATS[letter]
    scene = Scene(seat)
    say(scene, message, pieces)
    at_once, later, lines = ending(seat, put_out=False)
    assert scene.heard() == (b"", at_once)
    level = "DEBUG" if seat.stage is Stage.GREETED else "INFO"
    shown = SHOWN[message] if pieces == "whole" else ""
    assert scene.log == [
        *connected(seat, "DEBUG"),
        f"{level} Player {seat.who} has left: said quit{shown}",
        *lines,
    ]
    assert scene.who.stage is Stage.CLOSING
    if later:
        assert scene.other is not None
        scene.hub.receive(scene.other, b"c3", 0.0)
        assert scene.heard() == (b"", later)
    scene.assert_the_others_play_on()


@pytest.mark.parametrize("departure", [Departure.CLOSED, Departure.RESET, Departure.FAILED])
@pytest.mark.parametrize("letter", SEATS)
def test_of_who_vanishes_nothing_is_left_and_its_opponent_is_told(
    letter: str, departure: Departure
) -> None:
    seat = SEATS[letter]
    scene = Scene(seat)
    scene.lose(departure)
    at_once, later, lines = ending(seat, put_out=False)
    if seat.stage is Stage.CLOSING:
        assert (scene.heard(), scene.log) == ((b"", b""), [])
    else:
        assert scene.heard() == (b"", at_once)
        how = "has left" if departure is Departure.CLOSED else "is lost"
        level = {"has left": "INFO", "is lost": "WARNING"}[how]
        assert scene.log == [
            *connected(seat, "DEBUG"),
            f"{'DEBUG' if connected(seat) else level} Player {seat.who} {how}: {departure.value}",
            *lines,
        ]
    assert scene.who not in scene.hub.sessions
    if later:
        assert scene.other is not None
        scene.hub.receive(scene.other, b"c3", 0.0)
        assert scene.heard() == (b"", later)
    scene.assert_the_others_play_on()
