"""The reasons: whom the server has given up, as what it says to others shows."""

from collections.abc import Callable, Collection, Mapping, Sequence

from tests.simulation.ear import Ear, Seen
from tests.simulation.house import House, State, Talk


class Reasons:
    """Finds out why somebody is told `Q`, or is alone again."""

    def __init__(self, house: House, ear: Ear, by_talk: Mapping[Talk, Seen]) -> None:
        self._house = house
        self._ear = ear
        self._by_talk = by_talk

    def find(self, goodbyes: Sequence[Seen]) -> None:
        """Find out why those are told `Q` who are."""
        told = set(goodbyes)
        for seen in goodbyes:
            self._find(seen, self._ear.time_is_over, told)
        # Where there is no room, nobody sees when an E was meant to go out.
        for seen in goodbyes:
            self._find(seen, lambda one: not one.roomy, told)

    def find_ghost(self, number: int) -> None:
        """Find out whether who waits is alone again: its ghost is told so a little later."""
        for seen in self._by_talk.values():
            partner = seen.talk.partner
            if partner is not None and partner.number == number:
                if not seen.roomy or self._ear.time_is_over(seen):
                    self._give_up(seen.talk)
                return

    def _find(
        self, seen: Seen, is_given_up: Callable[[Seen], bool], told: Collection[Seen]
    ) -> None:
        """Find out whether the partner or the time is why the client is one of those `told`."""
        talk = seen.talk
        if talk.owed is not None or talk.state in (State.OVER, State.NEW):
            return
        partner = None if talk.partner is None else self._by_talk[talk.partner]
        if partner is not None and partner.doomed:
            self._house.lose(partner.talk)
        elif (
            partner
            and (partner in told or talk.is_bot or not partner.roomy)
            and is_given_up(partner)
        ):
            # If the time of both is over, it is the partner, who is told after this one. Its
            # goodbye may wait for room, where nobody sees it, or come after a bot's.
            self._give_up(partner.talk)
        elif is_given_up(seen):
            self._give_up(talk)

    def _give_up(self, talk: Talk) -> None:
        self._house.vacate(talk)
        self._house.owe(talk)
