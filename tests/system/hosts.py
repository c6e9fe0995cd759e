"""Servers for `ttt play`: one that says what the test says, and the original one."""

import socket
import threading
import time
from contextlib import suppress
from typing import Self

from tests.net.original_server import OriginalServer, Seat
from tests.system.process import PATIENCE

HOST = "127.0.0.1"


class Host:
    """Listens, and talks to one client after the other."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self._listener.settimeout(PATIENCE)
        self._guests: list[socket.socket] = []
        self.port = str(self._listener.getsockname()[1])

    def accept(self) -> None:
        """Take the next client."""
        guest, _ = self._listener.accept()
        guest.settimeout(PATIENCE)
        self._guests.append(guest)

    def say(self, data: bytes) -> None:
        self._guests[-1].sendall(data)

    def hear(self, expected: bytes) -> None:
        """Read exactly that."""
        heard = b""
        while len(heard) < len(expected):
            piece = self._guests[-1].recv(len(expected) - len(heard))
            assert piece, f"the stream ends after {heard!r}; {expected!r} was due"
            heard += piece
        assert heard == expected

    def rest(self) -> bytes:
        """Read to the end of the stream."""
        heard = b""
        while data := self._guests[-1].recv(4096):
            heard += data
        return heard

    def hang_up(self) -> None:
        self._guests[-1].shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._guests):
            sock.close()


class OriginalHouse:
    """The original server's script on sockets: each of its sends travels by itself."""

    def __init__(self) -> None:
        self.server = OriginalServer()
        self._listener = socket.create_server((HOST, 0))
        self._listener.settimeout(PATIENCE)
        self.port = str(self._listener.getsockname()[1])
        self._turn = threading.Lock()
        self._sockets: dict[Seat, socket.socket] = {}
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(2)]

    def _serve(self) -> None:
        with self._turn:
            guest, _ = self._listener.accept()
            guest.settimeout(PATIENCE)
            guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            seat = self.server.arrive()
            self._sockets[seat] = guest
            self._flush()
        while data := guest.recv(2):
            with self._turn:
                self.server.hear(seat, data, 0.0)
                self._flush()

    def _flush(self) -> None:
        for seat, guest in self._sockets.items():
            for send in seat.sends:
                guest.sendall(send)
                time.sleep(0.01)  # so it has left before the next one; nothing waits for that
            seat.sends.clear()
            if seat.closed:
                with suppress(OSError):  # it has gone, too
                    guest.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join(PATIENCE)
        for sock in (self._listener, *self._sockets.values()):
            sock.close()
        assert not any(thread.is_alive() for thread in self._threads)
