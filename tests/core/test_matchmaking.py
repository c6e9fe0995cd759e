from dataclasses import FrozenInstanceError

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from ttt_core.matchmaking import Lobby, Pairing


class Player:
    """Somebody who is equal to nobody else."""


@pytest.fixture
def lobby() -> Lobby[Player]:
    return Lobby()


def met(pairing: Pairing[Player] | None) -> Pairing[Player]:
    assert pairing is not None
    return pairing


def two_meet(lobby: Lobby[Player]) -> Pairing[Player]:
    lobby.enter(Player())
    return met(lobby.enter(Player()))


class TestEntering:
    def test_nobody_waits_at_first(self, lobby: Lobby[Player]) -> None:
        assert lobby.waiting is None

    def test_the_first_one_waits(self, lobby: Lobby[Player]) -> None:
        first = Player()
        assert lobby.enter(first) is None
        assert lobby.waiting is first

    def test_the_second_one_meets_the_one_who_waits(self, lobby: Lobby[Player]) -> None:
        first, second = Player(), Player()
        lobby.enter(first)
        assert lobby.enter(second) == Pairing(waited=first, newcomer=second, newcomer_place=2)

    def test_nobody_waits_after_two_have_met(self, lobby: Lobby[Player]) -> None:
        two_meet(lobby)
        assert lobby.waiting is None

    def test_the_third_one_waits_for_the_fourth(self, lobby: Lobby[Player]) -> None:
        two_meet(lobby)
        third, fourth = Player(), Player()
        assert lobby.enter(third) is None
        assert lobby.enter(fourth) == Pairing(waited=third, newcomer=fourth, newcomer_place=4)

    def test_two_lobbies_have_nothing_in_common(self, lobby: Lobby[Player]) -> None:
        lobby.enter(Player())
        assert Lobby[Player]().waiting is None

    @pytest.mark.parametrize("crowd", [500, 501])
    def test_a_crowd_meets_in_pairs_in_the_order_of_arrival_and_an_odd_one_waits(
        self, lobby: Lobby[Player], crowd: int
    ) -> None:
        players = [Player() for _ in range(crowd)]
        pairings = [pairing for player in players if (pairing := lobby.enter(player))]
        paired = [player for pairing in pairings for player in (pairing.waited, pairing.newcomer)]
        assert paired == players[:500]
        assert lobby.waiting is (players[500] if crowd > 500 else None)

    def test_a_pairing_cannot_be_changed_and_has_room_for_nothing_else(
        self, lobby: Lobby[Player]
    ) -> None:
        pairing = two_meet(lobby)
        for name in ("waited", "newcomer", "newcomer_place"):
            with pytest.raises(FrozenInstanceError):
                setattr(pairing, name, None)
        assert not hasattr(pairing, "__dict__")


class TestLeaving:
    def test_who_leaves_waits_no_longer(self, lobby: Lobby[Player]) -> None:
        first, second = Player(), Player()
        lobby.enter(first)
        lobby.leave(first)
        assert lobby.waiting is None
        assert lobby.enter(second) is None
        assert lobby.waiting is second

    def test_nothing_changes_when_somebody_leaves_who_was_never_there(
        self, lobby: Lobby[Player]
    ) -> None:
        waiting, newcomer = Player(), Player()
        lobby.enter(waiting)
        lobby.leave(Player())
        assert lobby.waiting is waiting
        assert met(lobby.enter(newcomer)).waited is waiting

    def test_nothing_changes_when_somebody_leaves_who_has_met_an_opponent(
        self, lobby: Lobby[Player]
    ) -> None:
        pairing, waiting = two_meet(lobby), Player()
        lobby.enter(waiting)
        lobby.leave(pairing.waited)
        lobby.leave(pairing.newcomer)
        assert lobby.waiting is waiting

    def test_an_empty_lobby_can_be_left(self, lobby: Lobby[Player]) -> None:
        lobby.leave(Player())
        assert lobby.waiting is None


class TestComingBack:
    def test_the_newcomer_goes_on_waiting_if_nobody_else_does(self, lobby: Lobby[Player]) -> None:
        pairing = two_meet(lobby)
        assert lobby.come_back(pairing) is None
        assert lobby.waiting is pairing.newcomer

    def test_who_came_back_meets_the_next_one_and_has_waited(self, lobby: Lobby[Player]) -> None:
        pairing, later = two_meet(lobby), Player()
        lobby.come_back(pairing)
        again = lobby.enter(later)
        assert again == Pairing(waited=pairing.newcomer, newcomer=later, newcomer_place=3)

    def test_who_came_back_may_leave(self, lobby: Lobby[Player]) -> None:
        pairing = two_meet(lobby)
        lobby.come_back(pairing)
        lobby.leave(pairing.newcomer)
        assert lobby.waiting is None

    def test_it_meets_who_came_in_between_and_has_waited_longer(
        self, lobby: Lobby[Player]
    ) -> None:
        pairing, later = two_meet(lobby), Player()
        lobby.enter(later)
        again = lobby.come_back(pairing)
        assert again == Pairing(waited=pairing.newcomer, newcomer=later, newcomer_place=3)
        assert lobby.waiting is None

    @pytest.mark.parametrize("earlier_returns_first", [True, False])
    def test_of_two_who_come_back_the_earlier_arrival_waited(
        self, lobby: Lobby[Player], *, earlier_returns_first: bool
    ) -> None:
        earlier, later = two_meet(lobby), two_meet(lobby)
        first, second = (earlier, later) if earlier_returns_first else (later, earlier)
        assert lobby.come_back(first) is None
        again = lobby.come_back(second)
        assert again == Pairing(waited=earlier.newcomer, newcomer=later.newcomer, newcomer_place=4)
        assert lobby.waiting is None

    def test_places_are_kept_however_often_one_comes_back(self, lobby: Lobby[Player]) -> None:
        one, other, last = two_meet(lobby), two_meet(lobby), Player()
        lobby.come_back(one)
        lobby.come_back(met(lobby.enter(last)))
        assert lobby.waiting is last
        again = lobby.come_back(other)
        assert again == Pairing(waited=other.newcomer, newcomer=last, newcomer_place=5)


class LobbyAgainstAList(RuleBasedStateMachine):
    """Who waits is a list of arrivals, from which the first two go as soon as there are two."""

    players = Bundle[Player]("players")

    def __init__(self) -> None:
        super().__init__()
        self.lobby = Lobby[Player]()
        self.arrivals: list[Player] = []
        self.waiting: list[tuple[int, Player]] = []
        self.pairings: list[Pairing[Player]] = []

    def wait(self, player: Player) -> Pairing[Player] | None:
        """Let `player` wait, and return the pairing that has to come of it."""
        self.waiting.append((self.arrivals.index(player) + 1, player))
        if len(self.waiting) == 1:
            return None
        (_, first), (place, second) = sorted(self.waiting, key=lambda who: who[0])
        self.waiting.clear()
        pairing = Pairing(first, second, place)
        self.pairings.append(pairing)
        return pairing

    @rule(target=players)
    def enter(self) -> Player:
        player = Player()
        self.arrivals.append(player)
        assert self.lobby.enter(player) == self.wait(player)
        return player

    @precondition(lambda self: self.pairings)
    @rule(number=st.integers(min_value=0, max_value=9))
    def come_back(self, number: int) -> None:
        pairing = self.pairings.pop(number % len(self.pairings))
        assert self.lobby.come_back(pairing) == self.wait(pairing.newcomer)

    @rule(player=players)
    def leave(self, player: Player) -> None:
        self.lobby.leave(player)
        self.waiting = [(place, who) for place, who in self.waiting if who is not player]

    @invariant()
    def the_same_one_waits(self) -> None:
        assert self.lobby.waiting is (self.waiting[0][1] if self.waiting else None)


TestLobbyAgainstAList = LobbyAgainstAList.TestCase
TestLobbyAgainstAList.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=25
)


def test_who_waits_already_does_not_meet_itself() -> None:
    lobby: Lobby[str] = Lobby()
    assert lobby.enter("a") is None
    assert lobby.enter("a") is None
    assert lobby.enter("b") == Pairing("a", "b", 3)
