"""What a port is, on the command line and in an answer to a question."""

import re

import click

HIGHEST = 65535
_DIGITS = re.compile(r"[0-9]{1,5}")


def parse_port(text: str) -> int:
    """Read a port, a 16-bit unsigned integer. Raises ValueError, which says what a port is."""
    text = text.strip()
    if _DIGITS.fullmatch(text) and int(text) <= HIGHEST:
        return int(text)
    msg = f"{text!r} is no port: a port is a whole number from 0 to {HIGHEST} (0: any free port)."
    raise ValueError(msg)


def read_port(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """Read the port given as an option, if one is: the option's callback.

    Raises click.BadParameter, which ends the command with its usage and exit code 2.
    """
    try:
        return None if text is None else parse_port(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
