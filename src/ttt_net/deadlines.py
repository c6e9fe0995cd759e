"""Who must be spoken to, or have spoken, by when: a calendar with a leaf for each quarter second.

No clock: the time is an argument. Setting, moving and cancelling a deadline cost the same
however many there are, and so does asking for the next one. Taking the last of a leaf costs a
look at all leaves besides: no more than the longest period has quarter seconds.
"""

from itertools import islice
from math import ceil, inf
from typing import Generic, Protocol, TypeVar

GRAIN = 0.25
"""How far apart the leaves are, in seconds: an item comes due this much late at most."""


class Dated(Protocol):
    """What may stand in a calendar, and in no more than one."""

    look: float
    """When somebody looks whether it is due; `inf` if nobody is going to.

    The calendar sets it. It is kept here, and not in a dict of the calendar, because there
    are many of them, and because who asks as often as for each message need not call.
    """


Item = TypeVar("Item", bound=Dated)


class Deadlines(Generic[Item]):
    """The deadlines of many items, one each."""

    __slots__ = ("_leaves", "earliest")

    def __init__(self) -> None:
        self._leaves: dict[float, dict[Item, None]] = {}
        self.earliest = inf
        """When to ask again for what is due; inf if nothing ever will be."""

    def __len__(self) -> int:
        """How many have a deadline; counted, for who wants to know that nobody is left."""
        return sum(map(len, self._leaves.values()))

    def set_at_latest(self, item: Item, due: float) -> None:
        """Let `item` come due at `due`, or before that if it is going to anyway.

        Who comes due too early is looked at and set again. That costs less than moving the
        deadline each time it becomes a later one, which is what nearly every event does.
        """
        look = ceil(due / GRAIN) * GRAIN
        if look >= item.look:
            return
        if item.look != inf:
            self.cancel(item)
        item.look = look
        leaf = self._leaves.get(look)
        if leaf is None:
            leaf = self._leaves[look] = {}
            self.earliest = min(self.earliest, look)
        leaf[item] = None

    def cancel(self, item: Item) -> None:
        """Let `item` not come due; no change if it has no deadline."""
        if item.look != inf:
            # An empty leaf stays until its day: there are never many, for every period
            # is bounded, and nobody has to look for the next one now.
            del self._leaves[item.look][item]
            item.look = inf

    def take_due(self, now: float, most: int) -> list[Item]:
        """Remove and return `most` of the items that are due, the earliest first.

        If there are more, `earliest` says so.
        """
        due: list[Item] = []
        while self.earliest <= now and len(due) < most:
            leaf = self._leaves[self.earliest]
            taken = list(islice(leaf, most - len(due)))
            for item in taken:
                self.cancel(item)
            due += taken
            if not leaf:
                del self._leaves[self.earliest]
                self.earliest = min(self._leaves, default=inf)
        return due
