"""Getting the port, and asking what to do when it cannot be had."""

import errno
import os
import socket

import click

from ttt_cli.activation import NotPassedOn, passed_listeners
from ttt_cli.logs import Log
from ttt_cli.questions import ask_port, ask_what_to_do, on_terminal
from ttt_cli.render import ERROR
from ttt_net import Limits, listen
from ttt_net.listener import prepare

_REASONS = {
    errno.EADDRINUSE: "another program is using it",
    errno.EACCES: "the system reserves it",
    errno.EPERM: "the system reserves it",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


def passed_on(limits: Limits) -> list[socket.socket]:
    """Return the listening sockets that were there before the start, none as a rule.

    Raises click.ClickException, which ends the command with exit code 1, if they are no such.
    """
    try:
        listeners = passed_listeners(os.environ, os.getpid())
    except NotPassedOn as error:
        msg = f"The sockets passed on (LISTEN_FDS) cannot be served: {error}."
        raise click.ClickException(msg) from error
    for listener in listeners:
        prepare(listener, limits)
    return listeners


def wanted_port(port: int | None) -> int:
    """Return `port`, or ask for it. Raises click.UsageError if nobody can be asked."""
    if port is not None:
        return port
    if not on_terminal():
        msg = "No port is given and there is no terminal to ask on: say --port N."
        raise click.UsageError(msg)
    return ask_port()


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
