"""The numbers for Prometheus: what its library needs to know, and an HTTP server in a thread.

This room needs the extra `metrics`, so nobody but `metrics` may import it.
"""

import contextlib
import io
import platform
import socket
from collections.abc import Callable, Iterator
from importlib.metadata import version
from socketserver import TCPServer
from threading import Event, Thread, Timer
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from ttt_net.addresses import addresses_of
from ttt_net.counters import RESULTS, Numbers

_PATIENCE = 5.0
"""Seconds that a scraper may take, or be silent, before the next one has its turn."""
_PAUSE = 1.0
"""Seconds until the next try when the system has no room for a scraper."""
_LOOK_EVERY = 0.1
"""Seconds until the thread notices that it is to end."""
_LOOKS_AT_MOST = 50
"""How many such whiles the thread has to end in; then the server ends without it."""


class NumbersCollector(Collector):
    """Reads the numbers whenever somebody scrapes, in the thread of who scrapes."""

    def __init__(self, read: Callable[[], Numbers]) -> None:
        self._read = read
        # Looked up once: it takes a descriptor, and a scrape is to need none but its own.
        self._build = {"version": version("ttt-server"), "python": platform.python_version()}

    def collect(self) -> Iterator[Metric]:
        """Yield each metric."""
        numbers = self._read()
        for name, text, now in (
            ("ttt_connections", "Clients connected.", numbers.connections),
            ("ttt_waiting_players", "Players who wait for an opponent.", numbers.waiting),
            ("ttt_games_in_progress", "Games being played.", numbers.games),
        ):
            yield GaugeMetricFamily(name, text, value=now)
        games = CounterMetricFamily("ttt_games", "Games ended, by result.", labels=("result",))
        for result, count in zip(RESULTS, numbers.results, strict=True):
            games.add_metric((result,), count)
        yield games
        yield CounterMetricFamily("ttt_moves", "Moves made.", value=numbers.moves)
        refused = "Moves refused: against the rules, or out of turn."
        yield CounterMetricFamily("ttt_moves_refused", refused, value=numbers.refused)
        yield InfoMetricFamily("ttt_build", "What is running.", value=self._build)


class NumbersServer(WSGIServer):
    """Answers who scrapes, one after the other, in one thread and with one connection at a time.

    So whatever is done at its port costs the games neither threads nor descriptors.
    """

    def __init__(self, host: str, port: int, read: Callable[[], Numbers]) -> None:
        """Begin. Raises OSError if the port cannot be had."""
        registry = CollectorRegistry()
        registry.register(NumbersCollector(read))
        self.address_family, address = addresses_of(host, port)[0]
        super().__init__((address[0], address[1]), _Quiet)
        self.set_app(make_wsgi_app(registry))
        self._guest: socket.socket | None = None
        self._is_ending = Event()
        self._thread = Thread(target=self.serve_forever, args=(_LOOK_EVERY,), daemon=True)
        self._thread.start()

    def server_bind(self) -> None:
        """Take the port, without asking a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Let in the next one, and know who it is."""
        try:
            self._guest, address = super().get_request()
        except OSError:
            # The system has no room for one more: it would only say so again, at once.
            self._is_ending.wait(_PAUSE)
            raise
        return self._guest, address

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - its own
        """Answer one scraper, who is cut off in the middle if it takes too long to ask."""
        timer = Timer(_PATIENCE, _hang_up, (request,))
        timer.daemon = True
        timer.start()
        try:
            super().finish_request(request, client_address)
        finally:
            timer.cancel()

    def handle_error(self, *_: object) -> None:
        """Take no note of a scraper who goes away, or says nothing."""

    def end(self) -> None:
        """End the thread, or let it be if it is stuck, and free the port.

        Who is being answered is cut off.
        """
        self._is_ending.set()
        Thread(target=self.shutdown, daemon=True).start()
        for _ in range(_LOOKS_AT_MOST):
            if self._guest is not None:
                _hang_up(self._guest)
            self._thread.join(_LOOK_EVERY)
            if not self._thread.is_alive():
                break
        self.server_close()


class _Quiet(WSGIRequestHandler):
    timeout = _PATIENCE

    def log_message(self, *_: object) -> None:
        """Say nothing on the console, which is the log's."""

    def get_stderr(self) -> io.StringIO:
        """Return where a scrape that fails tells of it: nobody looks there. It is answered 500.

        The console would let it wait, and anybody can ask for what has no answer.
        """
        return io.StringIO()


def _hang_up(guest: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has gone
        guest.shutdown(socket.SHUT_RDWR)
