"""The questions about the port: which one, and what to do when it cannot be had.

Questions are asked on a terminal only. Whether there is one is asked of stdin: under
upstart stdout looks like a terminal.
"""

import errno
import socket
import sys

import click

from ttt_cli.logs import Log
from ttt_cli.port import parse_port
from ttt_cli.render import ERROR
from ttt_net import listen

_REASONS = {
    errno.EADDRINUSE: "another program is using it",
    errno.EACCES: "the system reserves it",
    errno.EPERM: "the system reserves it",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


def on_terminal() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_port() -> int:
    """Ask for a port until the answer is one. Raises click.Abort at the end of input."""
    while True:
        try:
            return parse_port(_ask("Please enter the port:"))
        except ValueError as error:
            click.echo(error, err=True)


def reserve(port: int, host: str | None, backlog: int, log: Log) -> list[socket.socket]:
    """Listen on `port`, asking on a terminal what to do each time that cannot be done.

    Raises click.exceptions.Exit with code 1 if the operator aborts or nobody can be asked.
    """
    while True:
        try:
            return listen(port, host, backlog)
        except OSError as error:
            log.write(ERROR, explain(error, port, host))
            if not on_terminal():
                raise click.exceptions.Exit(1) from error
            port = _ask_what_to_do(port)


def explain(error: OSError, port: int, host: str | None) -> str:
    """Say which port cannot be had and why, in plain words and in the system's."""
    where = f"port {port}" if host is None else f"port {port} of {host}"
    if isinstance(error, socket.gaierror):
        return f"Cannot reserve {where}: there is no such address ({error.strerror})"
    reason = _REASONS.get(error.errno or 0, "the system refuses it")
    return f"Cannot reserve {where}: {reason} ({error.strerror})"


def _ask_what_to_do(port: int) -> int:
    """Return the port to try next. Raises click.exceptions.Exit with code 1 to abort."""
    while True:
        match _ask("[A]bort, [C]hange port, or [R]etry?").lower():
            case "a" | "abort":
                raise click.exceptions.Exit(1)
            case "c" | "change" | "change port":
                return ask_port()
            case "r" | "retry":
                return port
            case _:
                continue


def _ask(question: str) -> str:
    try:
        answer: str = click.prompt(
            question, default="", show_default=False, prompt_suffix=" ", err=True
        )
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"  # whatever was typed, it answers no question
    return answer.strip()
