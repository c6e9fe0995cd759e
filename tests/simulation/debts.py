"""The debts: what the server owes to whom, and how long it has been owing it."""

from tests.simulation.ear import Seen
from tests.simulation.house import UNFRAMED, State

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
