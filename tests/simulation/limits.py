"""The limits of a world: such as a server may be started with, some of them hard to live with."""

import math
from dataclasses import replace
from random import Random

from tests.simulation.population import PATIENT
from ttt_net import Limits

ENOUGH = 10.0
"""How long the last message has to stay besides, in seconds, for who is late with a move."""

COMMON = 0.5
"""How likely a world has the usual times."""

HELD_OPEN = 300.0
"""How long somebody whom the server waits for without end may keep a connection, in seconds."""

MUCH = 80.0
"""How long all else may take, in seconds, until nothing is left of who does nothing any more."""


def limits_from(rng: Random, times: Random) -> Limits:
    """Choose limits: how much and how many with `rng`, how long with `times`."""
    limits = Limits(
        read_bytes=rng.choice((2048, 2048, 7, 1)),
        accepts=(few := rng.choice((16, 16, 3, 1))),
        looks=few if few < 16 else Limits().looks,
        unannounced=few,
        unsent_bytes=rng.choice((4096, 4096, 64)),
        connections=rng.choice((10_000, 10_000, 10_000, 20)),
        drain=rng.choice((0.0, 2.0, 90.0)),
    )
    return limits if times.random() < COMMON else _with_other_times(limits, times)


def _with_other_times(limits: Limits, rng: Random) -> Limits:
    """Choose times that the existing clients can live with, and the people in a hurry, too."""
    return replace(
        limits,
        # A good balancer may need four seconds for its header, and be late besides.
        greeting=rng.choice((10.0, 6.0, 17.0)),
        # In twice that, and what it may be late, no fuse of ten seconds may burn down.
        confirmation=rng.choice((3.0, 2.0, 3.7)),
        echo_every=rng.choice((6.0, 2.5, 7.9)),
        echoes_unanswered=rng.choice((2, 1, 3)),
        # Some are shorter than what lies between two signs of life.
        thinking=rng.choice((120.0, 40.0, 5.0, 2.1, 0.7, math.inf)),
        linger=rng.choice((60.0, 90.0, 30.0, ENOUGH + 3.0)),
        settle=(settle := rng.choice((1.0, 0.4, 1.7))),
        # Whom a number has just been sent is told after it has settled, and reads it then.
        stopping=settle + rng.choice((0.4, 0.4, 3.0)),
    )


def patience(limits: Limits) -> float:
    """Return how long somebody may think whom the server has to wait for at the end."""
    return min(PATIENT, limits.linger - ENOUGH)


def quiet_after(limits: Limits) -> float:
    """Return after how long nothing may be left of clients that do nothing any more."""
    thinking = HELD_OPEN if limits.thinking == math.inf else limits.thinking
    return thinking + limits.linger + MUCH
