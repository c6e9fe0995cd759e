"""Questions to who sits at the terminal, and whether anybody does.

Whether there is a terminal is asked of stdin: under upstart stdout looks like one.
"""

import sys

import click

from ttt_cli.port import parse_port


def on_terminal() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str) -> str:
    """Return the answer to `question`, without white space around it.

    Raises click.Abort at the end of input and at Ctrl-C.
    """
    try:
        answer: str = click.prompt(
            question, default="", show_default=False, prompt_suffix=" ", err=True
        )
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"  # whatever was typed, it answers no question
    return answer.strip()


def ask_port() -> int:
    """Ask for a port until the answer is one. Raises click.Abort."""
    while True:
        try:
            return parse_port(ask("Please enter the port:"))
        except ValueError as error:
            click.echo(error, err=True)


def ask_address() -> str:
    """Ask for the address of a server until there is an answer. Raises click.Abort."""
    while not (answer := ask("Please enter the address:")):
        click.echo("An address is the name or the number of a machine: localhost.", err=True)
    return answer
