"""Much that comes at once, from every seat: what is kept of it, and what is said to it."""

import pytest

from tests.net.seats import BOARD, SEATS, UNEXPECTED, WON_BY_RULES, Scene, ending
from ttt_net import Stage

TOO_MANY = b"QYou have been put out: too many illegal moves."
MEGABYTE = 2**20

LINES = dict.fromkeys(SEATS, 2) | {"W": 1, "T": 1, "O": 1, "M": 4, "N": 4, "C": 0}
"""How many lines of the log who sends much may cost: what it said, and what came of it.

Only in a game are they more than two: three moves are refused before the game is ended.
"""


@pytest.mark.parametrize("letter", SEATS)
@pytest.mark.parametrize("begin", [b"\x07", b"x", b"\xff", b"c9"])
def test_a_megabyte_of_garbage_is_one_message_too_many(letter: str, begin: bytes) -> None:
    seat = SEATS[letter]
    scene = Scene(seat)
    for _ in range(MEGABYTE // 2048):
        scene.say(begin + b"\x07" * (2048 - len(begin)))
    at_once, _, _ = ending(seat, put_out=True)
    if seat.stage is Stage.CLOSING:
        assert (scene.heard(), scene.log) == ((b"", b""), [])
    else:
        assert scene.heard() == (b"" if seat.unframed else UNEXPECTED, at_once)
        assert len([line for line in scene.log if "unexpected message while" in line]) == 1
        assert max(map(len, scene.log)) < 1000
    assert scene.who.half == b""
    scene.assert_the_others_play_on()


@pytest.mark.parametrize("letter", SEATS)
def test_a_long_goodbye_is_one_line_of_bounded_length(letter: str) -> None:
    scene = Scene(SEATS[letter])
    scene.say(b"q" + b"\x1b" * 10_000)
    goodbyes = [line for line in scene.log if "said quit" in line]
    assert len(goodbyes) == (letter != "C")
    assert all(line.endswith(" and more") and len(line) < 1000 for line in goodbyes)
    scene.assert_the_others_play_on()


@pytest.mark.parametrize("letter", SEATS)
def test_of_50_megabytes_no_more_is_kept_than_half_a_message_a_last_word_and_four_lines(
    letter: str,
) -> None:
    scene = Scene(SEATS[letter])
    flood = b"i0" * 1024
    for count in range(50 * MEGABYTE // len(flood)):
        if count == MEGABYTE // len(flood):
            scene.settle()
        scene.say(flood)
        assert len(scene.who.half) <= 1
        assert len(scene.who.outgoing) < 128
    assert len(scene.log) == LINES[letter]
    scene.assert_the_others_play_on()


def test_of_moves_that_come_together_the_first_counts_and_the_opponent_hears_of_no_other() -> None:
    scene = Scene(SEATS["M"])
    scene.say(b"i5i6i7")
    assert scene.heard() == (b"BX   O    CN", b"I5BX   O    CY")
    assert [line.rpartition(": ")[2] for line in scene.log] == ["it is not its turn"] * 2
    scene.assert_the_others_play_on()


@pytest.mark.parametrize(("letter", "said"), [("M", b"i0i1ix"), ("N", b"i5i6i7")])
def test_the_third_illegal_move_together_ends_the_game_for_who_made_them(
    letter: str, said: bytes
) -> None:
    scene = Scene(SEATS[letter])
    scene.say(said)
    again = f"B{BOARD}CY".encode() * 2 if letter == "M" else b""
    assert scene.heard() == (again + TOO_MANY, WON_BY_RULES)
    assert scene.log[-1] == ending(SEATS[letter], put_out=True)[2][0]
    scene.assert_the_others_play_on()
