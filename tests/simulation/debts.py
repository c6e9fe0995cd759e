"""The debts: what the server owes to whom, and how long it has been owing it."""

from tests.simulation.ear import Seen
from tests.simulation.talk import UNFRAMED, State

STEPS = 2
"""How many steps a loss that is noticed at the end of one may take until all are told."""


class Debts:
    """Those to whom something is due."""

    def __init__(self) -> None:
        self._due: dict[Seen, None] = {}

    def add(self, seen: Seen) -> None:
        """Let something be due to a client."""
        self._due[seen] = None

    def drop(self, seen: Seen) -> None:
        """Let nothing be due any more to a client whose socket is closed."""
        self._due.pop(seen, None)

    def look(self, *, stopping: bool) -> None:
        """Look whether all has been said that there has been time to say."""
        for seen in list(self._due):
            if stopping or _is_done(seen):
                del self._due[seen]
                seen.late = 0
            else:
                seen.late += 1
                if seen.late > STEPS:
                    seen.fail(_debt(seen))


class Limbo:
    """Those who are lost as a sending has shown.

    For so many steps the server, which looks at its losses last of all, may have gone on
    with their games.
    """

    def __init__(self) -> None:
        self._steps: dict[Seen, int] = {}

    def add(self, seen: Seen) -> None:
        """Let a sending have shown that somebody is lost."""
        self._steps.setdefault(seen, 0)

    def drop(self, seen: Seen) -> None:
        """Let the socket be closed."""
        self._steps.pop(seen, None)

    def take_over(self) -> list[Seen]:
        """Let a step be over; return those for whom it was the last one."""
        for seen in self._steps:
            self._steps[seen] += 1
        over = [seen for seen, steps in self._steps.items() if steps >= STEPS]
        for seen in over:
            del self._steps[seen]
        return over


def _is_done(seen: Seen) -> bool:
    talk = seen.talk
    if seen.doomed or not seen.roomy:
        return True
    if talk.state is State.OVER:
        return not talk.due and (seen.ended or seen.over)
    waits = talk.owed is not None and talk.state not in UNFRAMED
    return not talk.due and not waits and talk.state is not State.NEW


def _debt(seen: Seen) -> str:
    talk = seen.talk
    if talk.due:
        return f"{list(talk.due)} is due, and not said"
    if talk.state is State.OVER:
        return f"the end of stream is due ({talk.why})"
    return "a Q is due, and not said" if talk.owed is not None else "a number is due"
