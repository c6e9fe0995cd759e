"""Getting the port, and asking what to do when it cannot be had."""

import errno
import socket

import click

from ttt_cli.logs import Log
from ttt_cli.questions import ask_port, ask_what_to_do, on_terminal
from ttt_cli.render import ERROR
from ttt_net import Limits, listen

_REASONS = {
    errno.EADDRINUSE: "another program is using it",
    errno.EACCES: "the system reserves it",
    errno.EPERM: "the system reserves it",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


def reserve(port: int, host: str | None, limits: Limits, log: Log) -> list[socket.socket]:
    """Listen on `port`, asking on a terminal what to do each time that cannot be done.

    Raises click.exceptions.Exit with code 1 if the operator aborts or nobody can be asked.
    """
    while True:
        try:
            return listen(port, host, limits)
        except OSError as error:
            log.write(ERROR, explain(error, port, host))
            if not on_terminal():
                raise click.exceptions.Exit(1) from error
            port = ask_what_to_do("port", port, ask_port)


def explain(error: OSError, port: int, host: str | None) -> str:
    """Say which port cannot be had and why, in plain words and in the system's."""
    where = f"port {port}" if host is None else f"port {port} of {host}"
    if isinstance(error, socket.gaierror):
        return f"Cannot reserve {where}: there is no such address ({error.strerror})"
    reason = _REASONS.get(error.errno or 0, "the system refuses it")
    return f"Cannot reserve {where}: {reason} ({error.strerror})"
