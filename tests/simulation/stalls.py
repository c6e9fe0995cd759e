"""The stalls: the machine leaves the server alone now and then, and the world goes on.

As when a virtual machine is paused, or memory is read back from a disk: before the server
waits, or when it has waited and does not know yet how late it is. In the midst of a turn
it is not left alone, whose time is that of its beginning.
"""

from math import inf
from random import Random

from tests.simulation.network import SHORT_WAY
from tests.simulation.timeline import GRAIN, Timeline
from ttt_net import Limits
from ttt_net.limits import FUSE

LONGEST = 3.4
"""How long the machine may leave the server alone, in seconds."""

STALL_EVERY = 10.0
"""How far apart such moments are, at least: no client lives through two of them in one read."""

AT_A_WAIT = 0.05
"""How likely one comes before a wait, and how likely after it."""

STALLED = 0.3
"""How likely a machine is to do so at all."""


def longest_stall(limits: Limits) -> float:
    """Return for how long the server may be left alone, and no prompt client gives up.

    One that has said something on a slow way is heard so much later, and hears nothing then
    for as long as the limits have it.
    """
    silence = max(limits.echo_every, 2 * limits.confirmation) + GRAIN
    return min(LONGEST, FUSE - silence - 2 * SHORT_WAY)


class Stalls:
    """Lets the clock go on where nobody looks at it."""

    def __init__(self, timeline: Timeline, dice: Random, longest: float) -> None:
        """Let the server be left alone for `longest` seconds at most; 0 is never."""
        self.longest = longest
        self._timeline = timeline
        timeline.slack += longest
        self._dice = dice
        self._next = 0.0 if longest else inf
        self._has_waited = False

    def clock(self) -> float:
        """Return the time, as the server asks for it."""
        if self._has_waited:
            self._has_waited = False
            self._stall()
        return self._timeline.now

    def begin_wait(self) -> None:
        """Let the server be about to wait."""
        # Not before and after the same wait, however long that is: both would make it late.
        self._has_waited = not self._stall()

    def end(self) -> None:
        """Leave the server alone no more."""
        self._next = inf

    def _stall(self) -> bool:
        """Leave the server alone if it is time for that; whether it was."""
        timeline, dice = self._timeline, self._dice
        if self._next > timeline.now or dice.random() >= AT_A_WAIT:
            return False
        # Half of them are as long as they may be: what is hard to live with are these.
        timeline.go_on_until(timeline.now + self.longest * dice.choice((1, dice.random())))
        self._next = max(self._next, timeline.now + STALL_EVERY)
        timeline.faults["stall"] += 1
        return True


def stalls_of(limits: Limits, timeline: Timeline, dice: Random) -> Stalls:
    """Choose whether a server with these limits is left alone at times."""
    return Stalls(timeline, dice, longest_stall(limits) if dice.random() < STALLED else 0.0)
