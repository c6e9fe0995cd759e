"""Keepalive: lets the system find out that the machine at the other end has gone.

A machine without power sends no end of stream, and the protocol forbids to ask the player
whose turn it is for a sign of life. So TCP asks, below the protocol.
"""

import math
import socket

_PROBES = 3
_LONGEST = 32767
"""The most seconds that Linux takes for the times of a keepalive (tcp(7))."""


def keep_alive(sock: socket.socket, patience: float) -> None:
    """Let `sock` fail once the other end has been unreachable for `patience` seconds.

    math.inf leaves it as it is. Sockets accepted from a listener inherit it. Where the system
    does not know one of the options (tcp(7), RFC 5482), it does without.
    """
    if patience == math.inf:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Idle for half of the time; then there is room for three questions.
    whole = min(max(2, round(patience)), _LONGEST)
    for name, value in (
        ("TCP_KEEPIDLE", whole // 2),
        ("TCP_KEEPINTVL", max(1, whole // 2 // _PROBES)),
        ("TCP_KEEPCNT", _PROBES),
        # What has been sent and is not acknowledged is no reason to wait longer.
        ("TCP_USER_TIMEOUT", 1000 * whole),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
