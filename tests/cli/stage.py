"""A stage for a match: a server that says what the test says, and a clock that it sets.

The match waits in `select`: there the next cue is given, so that nothing runs beside the
test and no time passes but that of the clock.
"""

import select
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from ttt_cli.keyboard import Keyboard
from ttt_net import Connector

HOST = "127.0.0.1"
PATIENCE = 30.0
"""Seconds after which what should have come is given up."""

GREETING = b"A7RXI6"
TURN = b"B         CY"

Source: TypeAlias = Connector | Keyboard
Ready: TypeAlias = tuple[list[Source], list[Source], list[Source]]
Cue: TypeAlias = bytes | str | Callable[[], object] | None
"""What the server says; what is typed; something to do; or that nothing happens."""


def look() -> None:
    """Let the match see what is there already: a cue."""


class Stage:
    """Gives the cues, one at each wait of the match, and stands in for the module `select`."""

    def __init__(self, type_keys: Callable[[str], object]) -> None:
        self.listener = socket.create_server((HOST, 0))
        self.listener.settimeout(PATIENCE)
        self.port: int = self.listener.getsockname()[1]
        self.now = 1000.0
        self.cues: deque[Cue] = deque()
        self.waits: list[float] = []
        """How long the match was willing to wait, each time that nothing happened."""
        self.sources: list[Source] = []
        """What the match waits for now."""
        self._type_keys = type_keys
        self._served: list[socket.socket] = []

    def clock(self) -> float:
        return self.now

    def select(
        self, sources: Sequence[Source], _write: object, _odd: object, timeout: float
    ) -> Ready:
        assert self.cues, "the match waits for something after the last cue"
        self.sources = list(sources)
        connector, *keyboards = sources
        match self.cues.popleft():
            case bytes(said):
                self.server.sendall(said)
                return self._arrived(connector)
            case str(typed):
                self._type_keys(typed)
                return self._arrived(*keyboards) if keyboards else ([], [], [])
            case None:
                self.waits.append(timeout)
                self.now += timeout
                return [], [], []
            case act:
                act()
                return self._arrived(*sources)

    @property
    def server(self) -> socket.socket:
        """The server's end of the connection at work."""
        if not self._served or self._served[-1].fileno() < 0:
            self.accept()
        return self._served[-1]

    def accept(self) -> None:
        """Take the next connection."""
        server, _ = self.listener.accept()
        server.settimeout(PATIENCE)
        self._served.append(server)

    def hang_up(self) -> None:
        """End the server's side; what the client says is still heard."""
        self.server.shutdown(socket.SHUT_WR)

    def heard(self, which: int = -1) -> bytes:
        """All that the client of a connection has said, which it has closed."""
        heard = b""
        while data := self._served[which].recv(4096):
            heard += data
        return heard

    @property
    def connections(self) -> int:
        return len(self._served)

    def close(self) -> None:
        for sock in (self.listener, *self._served):
            sock.close()

    def _arrived(self, *sources: Source) -> Ready:
        ready, _, _ = select.select(sources, [], [], PATIENCE)
        assert ready, "what was said or typed did not arrive"
        return ready, [], []
