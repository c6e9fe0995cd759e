"""What bots are refused, and how they go when their table is struck off."""

import random
from math import inf

import pytest

from tests.net.bot_rig import MEET, OPENED, Talk
from ttt_core import Level, verdict
from ttt_net import Limits, Stage
from ttt_net.bots import BotSettings, HubWithBots


@pytest.mark.parametrize(("after", "thinks"), [(-1, 1), (1, -1), (1, 7), (1, 8)])
def test_a_bot_that_would_come_before_its_time_or_think_too_long_is_refused(
    after: float, thinks: float
) -> None:
    settings = BotSettings(after=after, thinks=thinks)
    with pytest.raises(ValueError, match=r"^a bot thinks from 0 to 7 s and comes after 0 s"):
        HubWithBots(settings, random.Random(1), Limits(thinking=7))


@pytest.mark.parametrize("thinks", [0, 6.99])
def test_a_bot_may_come_at_once_and_may_think_not_at_all_or_nearly_too_long(
    thinks: float,
) -> None:
    settings = BotSettings(after=0, thinks=thinks)
    hub = HubWithBots(settings, random.Random(1), Limits(thinking=7))
    assert hub.next_deadline() == inf


@pytest.mark.parametrize("whose", ["person", "computer"])
def test_a_bot_goes_when_either_of_its_table_is_forgotten(whose: str) -> None:
    talk = Talk()
    talk.hold(OPENED)
    (bot,) = talk.bots._bots
    person = talk.clients[1]
    talk.hub.forget(person if whose == "person" else bot, talk.now)
    talk.check_no_bot_is_left()
    assert person.stage is (Stage.GONE if whose == "person" else Stage.CLOSING)


def test_all_bots_go_when_the_server_stops() -> None:
    talk = Talk(after=0)
    for number in (1, 3):
        greeted = f"{number} connects\n{number} < A{number}\n{number} > c1"
        talk.hold(f"{greeted}\n+0\n{number} < RO")
    talk.hub.stop(talk.now)
    talk.check_no_bot_is_left()


@pytest.mark.parametrize("level", Level)
def test_every_position_is_known_before_anybody_plays(level: Level) -> None:
    verdict.cache_clear()
    HubWithBots(BotSettings(after=1.0, level=level), random.Random(1))
    assert verdict.cache_info().currsize == 5478


def test_a_bot_whose_time_to_move_is_over_to_the_moment_moves() -> None:
    talk = Talk()
    talk.hold(MEET)
    (bot,) = talk.bots._bots
    talk.hub.expire(bot, bot.due)
    assert bot.stage is Stage.PLAYING
    assert talk.clients[1].outgoing == b"I1BX        CY"
