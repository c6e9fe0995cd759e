"""Deadlines: who comes due when, with the time as an argument."""

import random
from math import inf

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ttt_net.deadlines import GRAIN, Deadlines


class Item:
    """Something that may come due."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.look = inf

    def __repr__(self) -> str:
        return self.name


class Diary(Deadlines[Item]):
    """A calendar with items that are known by their names."""

    def __init__(self, **due: float) -> None:
        super().__init__()
        self.items: dict[str, Item] = {}
        for name, time in due.items():
            self.put(name, time)

    def put(self, name: str, due: float) -> None:
        self.set_at_latest(self.items.setdefault(name, Item(name)), due)

    def due(self, now: float, most: int = 100) -> list[str]:
        return [item.name for item in self.take_due(now, most)]


def deadlines(**due: float) -> Diary:
    return Diary(**due)


def test_nothing_is_ever_due_when_nothing_is_set() -> None:
    assert deadlines().earliest == inf
    assert deadlines().due(1e9) == []


def test_an_item_comes_due_at_its_time_and_not_before() -> None:
    calendar = deadlines(a=2.0)
    assert calendar.earliest == 2.0
    assert calendar.due(1.99) == []
    assert calendar.due(2.0) == ["a"]


def test_an_item_comes_due_late_by_less_than_the_grain_and_never_early() -> None:
    for due in (2.01, 2.1, 2.25, 2.3, 2.49):
        calendar = deadlines(a=due)
        assert due <= calendar.earliest < due + GRAIN


def test_an_item_comes_due_once() -> None:
    calendar = deadlines(a=1.0)
    assert calendar.due(5.0) == ["a"]
    assert calendar.due(9.0) == []
    assert calendar.earliest == inf


def test_items_come_due_in_the_order_of_their_times() -> None:
    calendar = deadlines(c=30.0, a=1.0, b=2.0)
    assert calendar.due(100.0) == ["a", "b", "c"]


def test_no_more_items_come_due_at_once_than_are_asked_for_and_the_others_next() -> None:
    calendar = deadlines(a=1.0, b=1.0, c=1.0, d=2.0, e=2.0)
    assert calendar.due(5.0, most=2) == ["a", "b"]
    assert calendar.earliest == 1.0
    assert calendar.due(5.0, most=2) == ["c", "d"]
    assert calendar.earliest == 2.0
    assert calendar.due(5.0, most=2) == ["e"]
    assert calendar.earliest == inf


def test_who_is_put_off_or_cancelled_while_others_come_due_does_not_come_due_with_them() -> None:
    calendar = deadlines(a=1.0, b=1.0, c=1.0)
    assert calendar.due(5.0, most=1) == ["a"]
    calendar.cancel(calendar.items["b"])
    calendar.put("b", 9.0)
    assert calendar.due(5.0, most=2) == ["c"]
    assert calendar.due(9.0) == ["b"]


def test_a_deadline_is_brought_forward() -> None:
    calendar = deadlines(a=9.0)
    calendar.put("a", 1.0)
    assert calendar.due(1.0) == ["a"]
    assert calendar.due(9.0) == []


def test_a_deadline_is_not_put_off_but_looked_at() -> None:
    calendar = deadlines(a=1.0)
    calendar.put("a", 9.0)
    assert calendar.due(1.0) == ["a"]
    calendar.put("a", 9.0)
    assert calendar.earliest == 9.0


def test_a_deadline_that_is_set_again_keeps_its_place_among_its_equals() -> None:
    calendar = deadlines(a=1.0, b=1.0)
    calendar.put("a", 1.0)
    assert calendar.due(1.0) == ["a", "b"]


def test_a_cancelled_item_does_not_come_due() -> None:
    calendar = deadlines(a=1.0, b=1.0)
    calendar.cancel(calendar.items["a"])
    assert calendar.due(1.0) == ["b"]


def test_cancelling_what_is_not_set_changes_nothing() -> None:
    calendar = deadlines(b=1.0)
    calendar.cancel(Item("a"))
    assert len(calendar) == 1


def test_an_item_knows_when_it_is_looked_at() -> None:
    calendar = deadlines(a=1.0, b=2.1)
    assert len(calendar) == 2
    assert [calendar.items[name].look for name in "ab"] == [1.0, 2.25]
    calendar.due(1.0)
    calendar.cancel(calendar.items["b"])
    assert len(calendar) == 0
    assert [calendar.items[name].look for name in "ab"] == [inf, inf]


class Calendar(RuleBasedStateMachine):
    """Deadlines against a plain dict from item to time."""

    def __init__(self) -> None:
        super().__init__()
        self.calendar: Deadlines[Item] = Deadlines()
        self.items = [Item(str(number)) for number in range(6)]
        self.model: dict[Item, float] = {}
        self.now = 0.0

    @rule(item=st.integers(0, 5), within=st.floats(0.01, 20))
    def set_at_latest(self, item: int, within: float) -> None:
        due = self.now + within
        self.calendar.set_at_latest(self.items[item], due)
        self.model[self.items[item]] = min(due, self.model.get(self.items[item], due))

    @rule(item=st.integers(0, 5))
    def cancel(self, item: int) -> None:
        self.calendar.cancel(self.items[item])
        self.model.pop(self.items[item], None)

    @rule(seconds=st.floats(0, 10), most=st.integers(1, 6))
    def let_time_pass(self, seconds: float, most: int) -> None:
        self.now += seconds
        while self.calendar.earliest <= self.now:
            items = self.calendar.take_due(self.now, most)
            assert len(items) <= most
            for item in items:
                assert self.model.pop(item) <= self.now

    @invariant()
    def nobody_is_forgotten(self) -> None:
        assert len(self.calendar) == len(self.model)
        assert all(due > self.now - GRAIN for due in self.model.values())
        if self.model:
            assert self.calendar.earliest < min(self.model.values()) + GRAIN


Calendar.TestCase.settings = settings(derandomize=True, deadline=None, max_examples=100)
TestCalendar = Calendar.TestCase


def test_the_number_of_leaves_does_not_grow_with_the_number_of_items() -> None:
    calendar: Deadlines[Item] = Deadlines()
    dice = random.Random(1)
    items = [Item() for _ in range(10_000)]
    for number, item in enumerate(items):
        calendar.set_at_latest(item, number / 1000 + dice.choice((3, 6, 10, 60)))
        if number >= 100:
            calendar.cancel(items[number - 100])
    assert len(calendar) == 100
    assert len(calendar._leaves) <= 4 * (10 / GRAIN + 2)
