"""What systemd is to a service: a datagram socket that hears how it is doing."""

import socket
from pathlib import Path

PATIENCE = 30.0
"""Seconds after which a service that should have said something has failed its test."""


class Supervisor:
    """Hears what is sent to NOTIFY_SOCKET."""

    def __init__(self, directory: Path, *, is_abstract: bool = False) -> None:
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # To an empty address the system binds an abstract name of its own choice (unix(7)).
        self._sock.bind("" if is_abstract else str(directory / "notify"))
        address = self._sock.getsockname()
        self.address = f"@{address[1:].decode()}" if is_abstract else address

    def hear(self) -> str:
        """Wait for the next datagram."""
        self._sock.settimeout(PATIENCE)
        return self._sock.recv(4096).decode()

    def heard(self) -> list[str]:
        """Return what has come so far and has not been heard yet."""
        self._sock.settimeout(0)
        said: list[str] = []
        while True:
            try:
                said.append(self._sock.recv(4096).decode())
            except BlockingIOError:
                return said

    def close(self) -> None:
        self._sock.close()
