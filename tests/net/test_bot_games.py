"""Games of the existing clients with the computer, under a virtual clock."""

import random
from collections.abc import Callable

import pytest

from tests.conversation import FEEDS
from tests.memory_world import Splitting
from tests.model_client import (
    SILENT,
    Choose,
    Close,
    CutShort,
    ModelClient,
    Send,
    Think,
)
from tests.net.bot_rig import AFTER, MEET, OPENED, Talk, World, at_random, of_kind
from ttt_core import Board, Level, choose
from ttt_net.bots import BotSettings
from ttt_net.events import (
    BotJoined,
    GameEnded,
    MessageUnexpected,
    MoveRefused,
    PlayerLeft,
    SessionFailed,
)

LEVELS = tuple(Level)
TROUBLE = (MessageUnexpected, MoveRefused, SessionFailed, PlayerLeft)


def first_free(cells: str, mark: str) -> int:
    return cells.index(" ") + 1


def last_free(cells: str, mark: str) -> int:
    return cells.rindex(" ") + 1


def perfectly(seed: int) -> Choose:
    dice = random.Random(seed)
    return lambda cells, mark: 1 + choose(Board.from_text(cells), Level.PERFECT, dice)


def play(settings: BotSettings, person: ModelClient, seed: int, how: Splitting = "whole") -> World:
    """Let `person` play alone to the end, and see that nothing has gone wrong."""
    world = World(settings, seed, how)
    world.join(person)
    world.run()
    assert of_kind(world.events, *TROUBLE) == []
    world.check_at_rest()
    return world


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("how", ["whole", "bytes"])
@pytest.mark.parametrize("seed", range(10))
def test_an_existing_client_plays_the_computer_to_the_end(
    level: Level, how: Splitting, seed: int
) -> None:
    for chooser in (first_free, last_free, at_random(seed), perfectly(seed)):
        person = ModelClient(chooser)
        world = play(BotSettings(after=AFTER, level=level), person, seed, how)
        ended = of_kind(world.events, GameEnded)
        assert (person.mark, person.number, person.opponent, len(ended)) == ("O", 1, 2, 1)
        assert person.result in ("W", "L", "D")
        assert level is Level.HUMAN or person.result != "W"


def test_a_perfect_computer_draws_with_a_perfect_person_and_a_human_one_may_lose() -> None:
    results: dict[Level, set[str | None]] = {level: set() for level in LEVELS}
    for level in LEVELS:
        for seed in range(30):
            person = ModelClient(perfectly(-seed))
            play(BotSettings(after=AFTER, level=level), person, seed)
            results[level].add(person.result)
    assert results == {Level.PERFECT: {"D"}, Level.HUMAN: {"D", "W"}}


@pytest.mark.parametrize("thinks", [0.25, 1.0, 7.5])
def test_the_computer_thinks_before_each_move(thinks: float) -> None:
    person = ModelClient(last_free)
    world = World(BotSettings(after=AFTER, thinks=thinks), 1)
    seat = world.join(person)
    world.run()
    asked = [said.at for said in seat.talk if said.data.endswith(b"CN")]
    moved = [said.at for said in seat.talk if said.by == "server" and said.data[:1] == b"I"][1:]
    assert len(moved) == len(asked) >= 3
    for since, at in zip(asked, moved, strict=True):
        assert thinks <= at - since < thinks + 0.25 + 1e-6


def test_the_person_is_asked_for_signs_of_life_while_the_computer_thinks() -> None:
    person = ModelClient(first_free)
    play(BotSettings(after=AFTER, thinks=40.0), person, 2)
    assert person.echoes >= 3 * 6
    assert not person.gave_up


def test_a_move_of_the_computer_comes_in_place_of_the_sign_of_life_that_is_due_with_it() -> None:
    talk = Talk(thinks=6.0)
    talk.hold(
        f"""{MEET}
        +6.0
        1 < I1BX        CY
        """
    )


def test_the_computer_gives_its_signs_of_life_while_the_person_thinks() -> None:
    person = ModelClient(first_free, think=119.0)
    play(BotSettings(after=AFTER), person, 2)
    assert person.result in ("W", "L", "D")


def test_the_usual_computer_is_a_human_one_that_thinks_for_a_second() -> None:
    assert BotSettings(after=1) == BotSettings(after=1, level=Level.HUMAN, thinks=1.0)


@pytest.mark.parametrize("feed", FEEDS)
def test_illegal_moves_against_the_computer_are_refused_as_ever(feed: str) -> None:
    talk = Talk(feed=feed)
    talk.hold(
        f"""{OPENED}
        1 > i1
        1 < BX        CY
        +1.0
        1 > ix
        1 < BX        CY
        +1.0
        1 > i1
        1 < QYou have been put out: too many illegal moves.
        1 closed
        """
    )
    assert len(of_kind(talk.events, MoveRefused)) == 3
    talk.check_no_bot_is_left()


def test_a_move_while_the_computer_thinks_is_refused_and_the_computer_moves() -> None:
    talk = Talk()
    talk.hold(
        f"""{MEET}
        +0.5
        1 > i1
        +0.25
        +0.25
        1 < I1BX        CY
        1 > i5
        1 < BX   O    CN
        """
    )
    assert len(of_kind(talk.events, MoveRefused)) == 1


def test_two_who_wait_one_after_the_other_get_a_computer_each() -> None:
    talk = Talk()
    talk.hold(
        f"""{OPENED}
        3 connects
        3 < A3
        3 > c1
        +4.75
        1 > i5
        1 < BX   O    CN
        +0.25
        3 < RO
        +0.75
        1 < I2BXX  O    CY
        """
    )
    assert talk.joined() == [BotJoined(2, 1), BotJoined(4, 3)]


FATES: list[Callable[[ModelClient, int], CutShort]] = [
    lambda client, actions: CutShort(client, 10_000, Close()),
    lambda client, actions: CutShort(client, actions, Close()),
    lambda client, actions: CutShort(client, actions, Send(b"q"), Close()),
    lambda client, actions: CutShort(client, actions, SILENT),
    lambda client, actions: CutShort(client, actions, Send(b"ii"), Think(20.0), Close()),
]


@pytest.mark.parametrize("seed", range(25))
def test_a_crowd_of_persons_and_ghosts_leaves_nobody_behind_and_no_computer_ever_waits(
    seed: int,
) -> None:
    dice = random.Random(seed)
    world = World(BotSettings(after=dice.choice([0.5, 2.0, 4.0]), thinks=0.5), seed)
    stayed: list[ModelClient] = []
    for _ in range(25):
        client = ModelClient(at_random(seed), think=dice.choice([0.0, 2.0]))
        player = dice.choice(FATES)(client, dice.randrange(1, 14))
        stayed.extend([client] if player.actions == 10_000 else [])
        world.join(player, at=dice.uniform(0.0, 150.0))
    world.run()
    world.check_at_rest()
    assert len(of_kind(world.events, BotJoined)) > 1
    assert of_kind(world.events, SessionFailed) == []
    for client in stayed:
        assert (client.result is None) != (client.farewell is None)
