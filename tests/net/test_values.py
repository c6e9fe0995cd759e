"""What is handed about as a value: it stays as it was made."""

from dataclasses import FrozenInstanceError, fields
from typing import Any, get_args

import pytest

from ttt_net.bots import BotSettings
from ttt_net.counters import Numbers
from ttt_net.events import Event
from ttt_net.limits import Limits
from ttt_net.news import News

FROZEN: list[type[Any]] = [*get_args(News), Limits, Numbers, BotSettings]
# To make a frozen one takes longer, and a game makes several events: mypy guards those.
EVENTS: list[type[Any]] = [*get_args(Event)]


@pytest.mark.parametrize("kind", FROZEN)
def test_a_value_cannot_be_changed(kind: type[Any]) -> None:
    value = object.__new__(kind)
    for field in fields(kind):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, None)


@pytest.mark.parametrize("kind", FROZEN + EVENTS)
def test_a_value_has_room_for_nothing_but_what_it_is(kind: type[Any]) -> None:
    assert not hasattr(object.__new__(kind), "__dict__")
