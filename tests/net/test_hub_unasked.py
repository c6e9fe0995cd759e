"""The hub and answers to signs of life that nobody has asked for."""

import pytest

from tests.conversation import talk
from tests.net.openings import ARRIVED, BY_STAGE, PLAYING
from ttt_net import Stage
from ttt_net.events import MessageUnexpected

UNEXPECTED = "QYou have been put out: the server received an unexpected message."
PUT_OUT = "QYour opponent broke the rules and was put out. You win."


@pytest.mark.parametrize("who", [1, 2], ids=["waits", "is to move"])
def test_who_sends_too_many_in_a_game_is_put_out(who: int) -> None:
    end = f"{who} < {UNEXPECTED}\n{who} closed\n{3 - who} < {PUT_OUT}\n{3 - who} closed"
    events = talk(PLAYING + f"{who} > ez\n" * 65 + end)
    assert MessageUnexpected(who, b"ez", Stage.PLAYING.value) in events


def test_who_sends_too_many_while_waiting_is_put_out() -> None:
    talk(BY_STAGE[Stage.WAITING] + f"1 > {'ez' * 64}\n1 > ez\n1 < {UNEXPECTED}\n1 closed")


def test_those_that_were_asked_for_are_not_counted() -> None:
    talk(ARRIVED + "1 > ez\n" * 64 + "+6\n1 < Ez\n1 > ez\n" * 200)


def test_one_that_was_asked_for_leaves_nothing_unanswered() -> None:
    silent = "1 < QYou have been put out: no answer came from you in time.\n1 closed"
    talk(ARRIVED + f"+6\n1 < Ez\n1 > ez\n+6\n1 < Ez\n+6\n1 < Ez\n+6\n{silent}")
