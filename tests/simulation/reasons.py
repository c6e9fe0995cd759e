"""The reasons: whom the server has given up, as what it says to others shows."""

from collections.abc import Callable, Mapping

from tests.simulation.ear import Ear, Seen
from tests.simulation.house import House, State, Talk
from ttt_net.farewells import NOT_BEGUN, PARTNER_GONE, SILENT, TOO_SLOW

OWN = {text.encode() for text in (SILENT, TOO_SLOW)}
"""What is said to who is given up."""

THEIRS = {text.encode() for text in (NOT_BEGUN, *PARTNER_GONE.values())}
"""What is said to those whose partners are."""


class Reasons:
    """Finds out why somebody is told `Q`, or is alone again."""

    def __init__(self, house: House, ear: Ear, by_talk: Mapping[Talk, Seen]) -> None:
        self._house = house
        self._ear = ear
        self._by_talk = by_talk

    def find(self, told: Mapping[Seen, bytes]) -> None:
        """Find out why those are `told` a `Q` who are; a bot that is not needed hears none."""
        for seen in told:
            self._find(seen, self._ear.time_is_over, told)
        # Where there is no room, nobody sees when an E was meant to go out.
        for seen in told:
            self._find(seen, lambda one: not one.roomy, told)

    def find_ghost(self, number: int) -> None:
        """Find out whether who waits is alone again: its ghost is told so a little later.

        So are those whose time was over before: who is alone again through them has met others.
        """
        ghosts: list[Seen] = []
        for seen in self._by_talk.values():
            partner = seen.talk.partner
            if partner is not None and partner.state is State.WAITING and seen.talk.owed is None:
                ghosts.append(seen)
        ghosts.sort(key=self._ear.deadline)
        numbers = [ghost.talk.partner and ghost.talk.partner.number for ghost in ghosts]
        last = numbers.index(number) + 1 if number in numbers else 0
        # Of those in one leaf of the calendar any may be first. Who is left alone has met
        # nobody: so the others have met each other, and one of them may come later.
        first = min((last - 1 + (self._house.waiting is not None)) % 2, max(0, last - 1))
        for ghost in ghosts[first:last]:
            if self._ear.time_is_over(ghost) or (ghost is ghosts[last - 1] and not ghost.roomy):
                self._give_up(ghost.talk)

    def _find(
        self, seen: Seen, is_given_up: Callable[[Seen], bool], told: Mapping[Seen, bytes]
    ) -> None:
        """Find out whether the partner or the time is why the client is one of those `told`.

        Both may be: then it is what the client is told.
        """
        talk = seen.talk
        if talk.owed is not None or talk.state in (State.OVER, State.NEW):
            return
        text = told[seen].partition(b"Q")[2]
        other = None if text in OWN else talk.partner
        partner = None if other is None else self._by_talk[other]
        if partner is not None and partner.doomed:
            self._house.lose(partner.talk)
        elif (
            partner
            and (partner in told or text in THEIRS or talk.is_bot or not partner.roomy)
            and is_given_up(partner)
        ):
            # The partner, who is told after this one, may be told when others have been closed.
            # Its goodbye may wait for room, where nobody sees it, or come after a bot's.
            self._give_up(partner.talk)
        elif text not in THEIRS and is_given_up(seen):
            self._give_up(talk)

    def _give_up(self, talk: Talk) -> None:
        self._house.vacate(talk)
        self._house.owe(talk)
