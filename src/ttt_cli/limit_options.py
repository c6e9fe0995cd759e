"""The limits that an operator may set: an option for each, with its unit and its bounds."""

import math
import resource
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import click

from ttt_net import Limits

DAY = 86_400.0
"""The longest time that makes sense, in seconds."""
_OWN_DESCRIPTORS = 32
"""Kept free of connections: standard streams, listeners, selector, bell, logs, and room to act."""
_MOST_CONNECTIONS = 1_000_000

_FIELDS = {
    "max_connections": "connections",
    "move_timeout": "thinking",
    "greeting_timeout": "greeting",
    "confirm_timeout": "confirmation",
    "linger": "linger",
    "peer_timeout": "peer_timeout",
    "drain": "drain",
}
"""Which limit an option sets."""

_ENDLESS_AT_ZERO = frozenset(("move_timeout", "peer_timeout"))

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]


def refuse_nan(
    _context: click.Context, _option: click.Parameter, value: float | None
) -> float | None:
    """Refuse `nan`, which is in no range and yet beyond none: an option's callback."""
    if value is not None and math.isnan(value):
        msg = "nan is no number of seconds."
        raise click.BadParameter(msg)
    return value


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` an option for each limit that an operator may set."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def limits_from(options: Mapping[str, float | None]) -> Limits:
    """Return the limits that these options set.

    There are never more connections than the limit on open files has room for.
    """
    values = {
        _FIELDS[name]: math.inf if name in _ENDLESS_AT_ZERO and value == 0 else value
        for name, value in options.items()
        if value is not None
    }
    values["connections"] = min(room(), values.get("connections", _MOST_CONNECTIONS))
    return Limits(**values)  # type: ignore[arg-type]


def room() -> int:
    """Return how many connections the limit on open files has room for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(1, min(_MOST_CONNECTIONS, soft - _OWN_DESCRIPTORS))


def _seconds(name: str, text: str, *, below: float = math.inf, at_most: float = DAY) -> Decorator:
    """Make an option of a time: more than 0, or 0 for what may have no end or not be at all."""
    may_be_zero = name in _ENDLESS_AT_ZERO or name == "drain"
    return click.option(
        f"--{name.replace('_', '-')}",
        type=click.FloatRange(
            min=0, min_open=not may_be_zero, max=min(below, at_most), max_open=below < at_most
        ),
        callback=refuse_nan,
        metavar="SECONDS",
        default=getattr(Limits(), _FIELDS[name]),
        show_default=True,
        show_envvar=True,
        help=text,
    )


_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--max-connections",
        type=click.IntRange(min=1, max=_MOST_CONNECTIONS),
        metavar="N",
        show_envvar=True,
        help=(
            "How many clients may be connected at once.  "
            "[default: what the limit on open files has room for]"
        ),
    ),
    _seconds("move_timeout", "How long a player may take to move; 0 for as long as it likes."),
    _seconds("greeting_timeout", "How long a new connection may take to confirm its number."),
    _seconds(
        "confirm_timeout",
        "How long a player may take to confirm its mark, and its opponent.",
        below=4.75,
    ),
    _seconds("linger", "How long a player may take to read its last message.", at_most=3600),
    _seconds(
        "peer_timeout",
        "How long a player's machine may be unreachable before it is given up; 0 for ever.",
        at_most=3600,
    ),
    _seconds("drain", "How long running games may go on when the server is told to stop."),
)
