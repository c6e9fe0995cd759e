"""A port for a server that has to be told one: it stays free until that server takes it."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOOPBACK = "127.0.0.1"


@contextmanager
def kept_port() -> Iterator[int]:
    """Keep a port of loopback that nobody else is given; a server may listen to it meanwhile."""
    with socket.socket() as keeper:
        # Who says so too, as servers do, is let in beside one who does not listen.
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind((LOOPBACK, 0))
        port: int = keeper.getsockname()[1]
        if sys.platform != "linux":
            keeper.close()  # there nobody is
        yield port
