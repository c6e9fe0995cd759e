"""The options `--metrics-port` and `--metrics-host`, and what they begin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from ttt_cli.binding import explain
from ttt_cli.logs import Log
from ttt_cli.port import read_port
from ttt_cli.render import ERROR, INFO
from ttt_net import Hub


@dataclass(frozen=True, slots=True)
class MetricsPlace:
    """Where the numbers can be scraped."""

    port: int
    host: str


def metrics_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options for metrics."""
    command = click.option(
        "--metrics-host",
        metavar="ADDRESS",
        default="127.0.0.1",
        show_default=True,
        show_envvar=True,
        help="Address of the metrics.",
    )(command)
    return click.option(
        "--metrics-port",
        callback=read_port,
        metavar="N",
        show_envvar=True,
        help="TCP port at which Prometheus finds the server's numbers.  [default: none]",
    )(command)


@contextmanager
def metrics_at(place: MetricsPlace | None, hub: Hub, log: Log) -> Iterator[None]:
    """Let the numbers of `hub` be scraped at `place`, if one is wanted.

    Raises click.UsageError if what that needs is not installed, and click.exceptions.Exit
    with code 1 if the port cannot be had.
    """
    if place is None:
        yield
        return
    try:
        # Only who wants it needs to have it: click and loguru are all that must be there.
        from ttt_cli.prometheus import NumbersServer  # noqa: PLC0415
    except ModuleNotFoundError as error:
        msg = "--metrics-port needs prometheus_client: pip install 'ttt-server[metrics]'"
        raise click.UsageError(msg) from error
    try:
        server = NumbersServer(place.host, place.port, hub.numbers)
    except OSError as error:
        log.write(ERROR, explain(error, place.port, place.host))
        raise click.exceptions.Exit(1) from error
    host = f"[{place.host}]" if ":" in place.host else place.host
    log.write(INFO, f"Metrics at http://{host}:{server.server_port}/metrics")
    try:
        yield
    finally:
        server.end()
