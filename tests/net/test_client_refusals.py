"""What the client half of the protocol refuses: messages that do not fit, and moves of ours."""

import pytest

from tests.net.client_scripts import (
    ALLOWED,
    DUE,
    HEARD_IN_WON,
    LOST,
    STEPS,
    WON,
    after,
    assert_broken,
    drawn,
    follow,
    hear,
    shown,
)
from ttt_core import IllegalMove, NoSuchSquare, NotYourTurn, SquareTaken

# What does not fit.


@pytest.mark.parametrize("step", DUE)
def test_a_letter_that_is_not_due_breaks_the_protocol(step: int) -> None:
    for letter in set(range(256)) - set(ALLOWED[step]):
        client = after(WON[:step])
        what = assert_broken(client, hear(client, bytes((letter,)) + b"X"))
        assert what.startswith(f'{DUE[step]} was due, not "')


@pytest.mark.parametrize(
    ("step", "said"),
    [
        *((0, said) for said in (b"AX", b"A Ez", b"A-7", b"A\xb2")),
        *((2, said) for said in (b"RZ", b"Rx", b"R\xff")),
        *((3, said) for said in (b"IX", b"I\xb2", b"I\x00")),
        *(
            (4, said)
            for said in (b"I1", b"I0", b"Ix", b"I\xff", b"B\xff\xff\xff\xff\xff\xff\xff\xff\xff")
        ),
        *((4, said) for said in (b"BO        ", b"BXO       ", b"BX........", b"BXX       ")),
        *((5, said) for said in (b"CN", b"CW", b"CL", b"CD", b"Cy", b"C\xff")),
        *(
            (9, said)
            for said in (b"I1", b"BO        ", b"B         ", b"B XO      ", b"B X       ")
        ),
        *((8, said) for said in (b"CY", b"CW", b"CL", b"CD")),
        (7, b"I2"),  # our own move is to be shown first
        (9, b"I4I5"),  # two moves of the opponent, both of them legal
        (13, b"I2"),  # a legal one, but it is our turn
        *((len(WON) - 2, said) for said in (b"CL", b"CD", b"CY", b"CN")),
        *((len(WON) - 1, said) for said in (b"P345", b"P123", b"P210", b"P01x", b"P   ")),
    ],
)
def test_a_message_that_does_not_fit_breaks_the_protocol(step: int, said: bytes) -> None:
    client = after(WON[:step])
    what = assert_broken(client, hear(client, said))
    assert what.startswith(('"', 'the board "', "the first board was due"))


def test_a_full_board_without_a_line_can_only_be_a_drawn() -> None:
    for said in (b"CW", b"CL", b"CY", b"CN"):
        client = after(drawn()[:-1])
        assert_broken(client, hear(client, said))


# Our moves.


def test_a_move_can_only_be_made_when_the_server_asks_for_it() -> None:
    asked = {step for step in STEPS if follow(WON[:step])[0].is_asked}
    assert asked == {6, 13, 19}  # the steps of WON at which we move
    for step in set(STEPS) - asked:
        client = after(WON[:step])
        with pytest.raises(NotYourTurn, match=r"^square 8 cannot be taken: it is not our turn$"):
            client.move(8)
        assert client.outgoing == b""


@pytest.mark.parametrize(
    ("square", "refusal"),
    [(0, SquareTaken), (3, SquareTaken), (9, NoSuchSquare), (-1, NoSuchSquare)],
)
def test_an_illegal_square_is_refused_before_it_is_sent(
    square: int, refusal: type[IllegalMove]
) -> None:
    client = after(WON[:13])
    with pytest.raises(refusal):
        client.move(square)
    assert client.outgoing == b""
    assert client.is_asked
    client.move(1)
    assert client.outgoing == b"i2"


def test_a_move_the_server_refuses_is_asked_for_again_and_can_be_made_again() -> None:
    client = after(WON[:13])
    for square in (1, 5, 1):
        client.move(square)
        assert hear(client, b"BX  O     ") == []
        assert hear(client, b"CY") == [shown(0, 3, ours=True, refused=True)]
    assert hear(client, b"BX  O     CY") == [shown(0, 3, ours=True)]  # nothing new to refuse
    client.move(1)
    assert client.outgoing == b"i2i6i2i2"
    assert follow(WON[14:], client)[1] == HEARD_IN_WON[-3:]


def test_a_board_shown_again_refuses_nothing_if_no_move_was_made() -> None:
    client = after(WON[:6])
    assert hear(client, b"B         CY") == [shown(ours=True)]
    client = after(LOST[:5])
    assert hear(client, b"B         CN") == [shown(ours=False)]
