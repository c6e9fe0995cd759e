"""Sockets that were listening before the start, passed on by systemd (sd_listen_fds(3))."""

import socket
from collections.abc import MutableMapping

from ttt_net.listener import Listener

FIRST = 3
"""The number of the first descriptor that is passed on; the others follow."""

_TCP = (socket.AF_INET, socket.AF_INET6)


class NotPassedOn(Exception):
    """What has been passed on is nothing that players could connect to; the text says why."""


def passed_listeners(
    environment: MutableMapping[str, str], pid: int, first: int = FIRST
) -> list[socket.socket]:
    """Return the sockets that the `environment` says are passed on to the process `pid`.

    That is none where nothing is said, or another process is meant. What is said is taken
    out of the environment. Raises NotPassedOn, with nothing left open, if it is not true.
    """
    meant = environment.pop("LISTEN_PID", None)
    count = environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if meant != str(pid):
        return []
    if not (count.isascii() and count.isdigit()):
        msg = "LISTEN_FDS does not tell how many there are"
        raise NotPassedOn(msg)
    listeners: list[socket.socket] = []
    try:
        for descriptor in range(first, first + int(count)):
            listeners.append(_taken(descriptor))
            _refuse_unless_listening(listeners[-1], descriptor)
    except NotPassedOn:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def _taken(descriptor: int) -> socket.socket:
    """Make a socket of `descriptor`, and keep it from whatever the server might start."""
    try:
        sock = Listener(fileno=descriptor)
    except OSError as error:
        msg = f"descriptor {descriptor} is no socket ({error.strerror})"
        raise NotPassedOn(msg) from error
    sock.set_inheritable(False)
    return sock


def _refuse_unless_listening(sock: socket.socket, descriptor: int) -> None:
    if sock.family not in _TCP or sock.type != socket.SOCK_STREAM:
        msg = f"descriptor {descriptor} is no TCP socket"
        raise NotPassedOn(msg)
    if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        msg = f"descriptor {descriptor} does not listen"
        raise NotPassedOn(msg)
