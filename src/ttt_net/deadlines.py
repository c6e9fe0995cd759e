"""Who must be spoken to, or have spoken, by when: a calendar with a leaf for each quarter second.

No clock: the time is an argument. Setting, moving and cancelling a deadline cost the same
however many there are, and so does asking for the next one.
"""

from collections.abc import Hashable
from math import ceil
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)

GRAIN = 0.25
"""How far apart the leaves are, in seconds: an item comes due this much late at most."""


class Deadlines(Generic[Item]):
    """The deadlines of many items, one each."""

    __slots__ = ("_earliest", "_leaf_of", "_leaves")

    def __init__(self) -> None:
        self._leaves: dict[int, dict[Item, None]] = {}
        self._leaf_of: dict[Item, int] = {}
        self._earliest: int | None = None

    def __len__(self) -> int:
        return len(self._leaf_of)

    def __contains__(self, item: object) -> bool:
        return item in self._leaf_of

    def set_at_latest(self, item: Item, due: float) -> None:
        """Let `item` come due at `due`, or before that if it is going to anyway.

        Who comes due too early is looked at and set again. That costs less than moving the
        deadline each time it becomes a later one, which is what nearly every event does.
        """
        leaf = ceil(due / GRAIN)
        set_before = self._leaf_of.get(item)
        if set_before is not None:
            if set_before <= leaf:
                return
            del self._leaves[set_before][item]
        self._leaf_of[item] = leaf
        self._leaves.setdefault(leaf, {})[item] = None
        if self._earliest is None or leaf < self._earliest:
            self._earliest = leaf

    def cancel(self, item: Item) -> None:
        """Let `item` not come due; no change if it has no deadline."""
        leaf = self._leaf_of.pop(item, None)
        if leaf is not None:
            # An empty leaf stays until its day: there are never many, for every period
            # is bounded, and nobody has to look for the next one now.
            del self._leaves[leaf][item]

    def next(self) -> float | None:
        """Return when to ask again for what is due, or None if nothing ever will be."""
        return None if self._earliest is None else self._earliest * GRAIN

    def take_due(self, now: float) -> list[Item]:
        """Remove and return the items that are due, the earliest first."""
        due: list[Item] = []
        while self._earliest is not None and self._earliest * GRAIN <= now:
            due.extend(self._leaves.pop(self._earliest))
            self._earliest = min(self._leaves, default=None)
        for item in due:
            del self._leaf_of[item]
        return due
