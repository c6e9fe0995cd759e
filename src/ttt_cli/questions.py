"""Questions to who sits at the terminal, and whether anybody does.

Whether there is a terminal is asked of stdin: under upstart stdout looks like one.
"""

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from ttt_cli.layout import columns_of, wrapped
from ttt_cli.port import parse_port, parse_server_port

Place = TypeVar("Place")
"""Where something was tried, and can be tried again: a port, or an address and a port."""


def on_terminal() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str) -> str:
    """Return the answer to `question`, without white space around it.

    Raises click.Abort at the end of input and at Ctrl-C.
    """
    try:
        answer: str = click.prompt(
            _fitted(question), default="", show_default=False, prompt_suffix=" ", err=True
        )
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"  # whatever was typed, it answers no question
    return answer.strip()


def tell(sentence: str) -> None:
    """Say something between the questions."""
    click.echo(_fitted(sentence), err=True)


def ask_port() -> int:
    """Ask for a port to listen to until the answer is one. Raises click.Abort."""
    return _ask_for_port(parse_port)


def ask_server_port() -> int:
    """Ask for the port of a server until the answer is one. Raises click.Abort."""
    return _ask_for_port(parse_server_port)


def ask_address() -> str:
    """Ask for the address of a server until there is an answer. Raises click.Abort."""
    while not (answer := ask("Please enter the address:")):
        tell("An address is the name or the number of a machine: localhost.")
    return answer


def ask_what_to_do(name: str, place: Place, ask_place: Callable[[], Place]) -> Place:
    """Return the place to try next: another one, or the same `place` again.

    `name` is what such a place is called. Raises click.exceptions.Exit with code 1 to abort.
    """
    while True:
        answer = ask(f"[A]bort, [C]hange {name}, or [R]etry?").lower()
        if answer in ("a", "abort"):
            raise click.exceptions.Exit(1)
        if answer in ("c", "change", f"change {name}"):
            return ask_place()
        if answer in ("r", "retry"):
            return place


def _ask_for_port(parse: Callable[[str], int]) -> int:
    while True:
        try:
            return parse(ask("Please enter the port:"))
        except ValueError as error:
            tell(str(error))


def _fitted(text: str) -> str:
    """Break `text` between words where it is too long for the terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return text
    return "\n".join(wrapped(text, columns_of(sys.stderr)))
