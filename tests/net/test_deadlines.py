"""Deadlines: who comes due when, with the time as an argument."""

import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ttt_net.deadlines import GRAIN, Deadlines


def deadlines(**due: float) -> Deadlines[str]:
    calendar: Deadlines[str] = Deadlines()
    for item, time in due.items():
        calendar.set_at_latest(item, time)
    return calendar


def test_nothing_is_ever_due_when_nothing_is_set() -> None:
    assert deadlines().next() is None
    assert deadlines().take_due(1e9) == []


def test_an_item_comes_due_at_its_time_and_not_before() -> None:
    calendar = deadlines(a=2.0)
    assert calendar.next() == 2.0
    assert calendar.take_due(1.99) == []
    assert calendar.take_due(2.0) == ["a"]


def test_an_item_comes_due_late_by_less_than_the_grain_and_never_early() -> None:
    for due in (2.01, 2.1, 2.25, 2.3, 2.49):
        calendar = deadlines(a=due)
        next_due = calendar.next()
        assert next_due is not None
        assert due <= next_due < due + GRAIN


def test_an_item_comes_due_once() -> None:
    calendar = deadlines(a=1.0)
    assert calendar.take_due(5.0) == ["a"]
    assert calendar.take_due(9.0) == []
    assert calendar.next() is None


def test_items_come_due_in_the_order_of_their_times() -> None:
    calendar = deadlines(c=30.0, a=1.0, b=2.0)
    assert calendar.take_due(100.0) == ["a", "b", "c"]


def test_a_deadline_is_brought_forward() -> None:
    calendar = deadlines(a=9.0)
    calendar.set_at_latest("a", 1.0)
    assert calendar.take_due(1.0) == ["a"]
    assert calendar.take_due(9.0) == []


def test_a_deadline_is_not_put_off_but_looked_at() -> None:
    calendar = deadlines(a=1.0)
    calendar.set_at_latest("a", 9.0)
    assert calendar.take_due(1.0) == ["a"]
    calendar.set_at_latest("a", 9.0)
    assert calendar.next() == 9.0


def test_a_deadline_that_is_set_again_keeps_its_place_among_its_equals() -> None:
    calendar = deadlines(a=1.0, b=1.0)
    calendar.set_at_latest("a", 1.0)
    assert calendar.take_due(1.0) == ["a", "b"]


def test_a_cancelled_item_does_not_come_due() -> None:
    calendar = deadlines(a=1.0, b=1.0)
    calendar.cancel("a")
    assert calendar.take_due(1.0) == ["b"]


def test_cancelling_what_is_not_set_changes_nothing() -> None:
    calendar = deadlines(b=1.0)
    calendar.cancel("a")
    assert len(calendar) == 1


def test_it_knows_whom_it_holds() -> None:
    calendar = deadlines(a=1.0)
    assert ("a" in calendar, "b" in calendar, len(calendar)) == (True, False, 1)


class Calendar(RuleBasedStateMachine):
    """Deadlines against a plain dict from item to time."""

    def __init__(self) -> None:
        super().__init__()
        self.calendar: Deadlines[int] = Deadlines()
        self.model: dict[int, float] = {}
        self.now = 0.0

    @rule(item=st.integers(0, 5), within=st.floats(0.01, 20))
    def set_at_latest(self, item: int, within: float) -> None:
        due = self.now + within
        self.calendar.set_at_latest(item, due)
        self.model[item] = min(due, self.model.get(item, due))

    @rule(item=st.integers(0, 5))
    def cancel(self, item: int) -> None:
        self.calendar.cancel(item)
        self.model.pop(item, None)

    @rule(seconds=st.floats(0, 10))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        for item in self.calendar.take_due(self.now):
            assert self.model.pop(item) <= self.now

    @invariant()
    def nobody_is_forgotten(self) -> None:
        assert len(self.calendar) == len(self.model)
        assert all(due > self.now - GRAIN for due in self.model.values())
        upcoming = self.calendar.next()
        if self.model:
            assert upcoming is not None
            assert upcoming < min(self.model.values()) + GRAIN


Calendar.TestCase.settings = settings(derandomize=True, deadline=None, max_examples=100)
TestCalendar = Calendar.TestCase


def test_the_number_of_leaves_does_not_grow_with_the_number_of_items() -> None:
    calendar: Deadlines[int] = Deadlines()
    dice = random.Random(1)
    for item in range(10_000):
        calendar.set_at_latest(item, item / 1000 + dice.choice((3, 6, 10, 60)))
        if item >= 100:
            calendar.cancel(item - 100)
    assert len(calendar) == 100
    assert len(calendar._leaves) <= 4 * (10 / GRAIN + 2)
