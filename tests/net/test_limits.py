"""The limits: which numbers are refused."""

import math
from dataclasses import fields

import pytest

from ttt_net import Limits


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_a_limit_is_more_than_nothing(name: str, value: float) -> None:
    if (name, value) == ("drain", 0):
        assert Limits(drain=0).drain == 0
        return
    with pytest.raises(ValueError, match=f"^{name} must be more than 0, not {value}$"):
        Limits(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_only_thinking_and_the_patience_with_a_machine_may_be_endless(name: str) -> None:
    if name in ("thinking", "peer_timeout"):
        Limits(**{name: math.inf})  # type: ignore[arg-type]
        return
    with pytest.raises(ValueError, match=f"^{name} must have an end$"):
        Limits(**{name: math.inf})  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), [("echo_every", 9.5), ("confirmation", 4.75)])
def test_no_client_is_left_in_silence_until_it_gives_up(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{name} lets a client hear nothing for 9.5 s"):
        Limits(**{name: value})  # type: ignore[arg-type]
    Limits(**{name: value - 0.1})  # type: ignore[arg-type]
