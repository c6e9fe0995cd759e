"""Addresses: what a host's name stands for."""

import socket
from typing import Any, TypeAlias

Address: TypeAlias = tuple[socket.AddressFamily, tuple[Any, ...]]
"""The family of a TCP address, and the address as a socket takes it."""


def addresses_of(host: str, port: int) -> list[Address]:
    """Return the addresses of `host`. Raises OSError: socket.gaierror for an unknown name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError as error:
        # So it calls a name with an empty or an endless part, as in 127..0.1, or with a NUL.
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from error
    return [(family, address) for family, _, _, _, address in found]
