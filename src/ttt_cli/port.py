"""What a port is, on the command line and in an answer to a question."""

import re
from collections.abc import Callable

import click

from ttt_cli.layout import quoted

HIGHEST = 65535
_DIGITS = re.compile(r"[0-9]{1,5}")


def parse_port(text: str) -> int:
    """Read a port, a 16-bit unsigned integer. Raises ValueError, which says what a port is."""
    return _parse(text, 0, " (0: any free port)")


def parse_server_port(text: str) -> int:
    """Read the port that a server is at, which is not 0. Raises ValueError likewise."""
    return _parse(text, 1, "")


def read_port(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """Read the port given as an option, if one is: the option's callback.

    Raises click.BadParameter, which ends the command with its usage and exit code 2.
    """
    return None if text is None else _read(text, parse_port)


def read_server_port(
    _context: click.Context, _argument: click.Parameter, text: str | None
) -> int | None:
    """Read the port of a server likewise: the argument's callback."""
    return None if text is None else _read(text, parse_server_port)


def _parse(text: str, lowest: int, hint: str) -> int:
    text = text.strip()
    if _DIGITS.fullmatch(text) and lowest <= int(text) <= HIGHEST:
        return int(text)
    what = f"a port is a whole number from {lowest} to {HIGHEST}{hint}."
    msg = f"{quoted(text)} is no port: {what}"
    raise ValueError(msg)


def _read(text: str, parse: Callable[[str], int]) -> int:
    try:
        return parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
