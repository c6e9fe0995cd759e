"""The limits: what they are where nobody sets them, and which numbers are refused."""

import math
from dataclasses import asdict, fields

import pytest

from ttt_net import Limits

UNSET = {
    "connections": 10_000,
    "greeting": 10.0,
    "confirmation": 3.0,
    "echo_every": 6.0,
    "echoes_unanswered": 2,
    "thinking": 120.0,
    "answers_unasked": 64,
    "refusals": 3,
    "linger": 60.0,
    "settle": 1.0,
    "peer_timeout": 30.0,
    "drain": 2.0,
    "stopping": 1.4,
    "reason_bytes": 1024,
    "unsent_bytes": 4096,
    "read_bytes": 2048,
    "header_bytes": 2048,
    "unannounced": 16,
    "accepts": 256,
    "looks": 256,
    "backlog": 4096,
    "accept_pause": 1.0,
}
"""Those of them that players or operators notice are in the manual too (`test_manual.py`)."""


def test_what_nobody_sets_is_as_it_has_been_weighed() -> None:
    assert asdict(Limits()) == UNSET


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
