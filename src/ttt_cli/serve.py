"""`ttt serve`: puts the server together."""

import os
import random
import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import click

from ttt_cli.balancers import balancers_option
from ttt_cli.binding import passed_on, reserve, wanted_port
from ttt_cli.console import Console
from ttt_cli.control import signals_of
from ttt_cli.level import level_option, refuse_without
from ttt_cli.limit_options import DAY, limit_options, limits_from, refuse_nan
from ttt_cli.logs import Log, LogSettings
from ttt_cli.memory import settled
from ttt_cli.metrics import MetricsPlace, metrics_at, metrics_options
from ttt_cli.notifier import beating, hearing, notifier_from
from ttt_cli.numbers import Report
from ttt_cli.port import read_port
from ttt_cli.render import ERROR, INFO, LEVELS, WARNING, want_of_room
from ttt_core import Level
from ttt_net import BotSettings, Emit, Hub, HubWithBots, Limits, Server, port_of
from ttt_net.events import PortReserved
from ttt_net.vestibule import Network

BYTES_IN_MB = 1_000_000


@click.command()
@click.option(
    "--port",
    callback=read_port,
    metavar="N",
    show_envvar=True,
    help="TCP port to listen on, 0 to 65535; 0 takes any free port.  [default: ask]",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    show_envvar=True,
    help="Listen on this address only.  [default: all addresses, IPv4 and IPv6]",
)
@click.option(
    "--log-file",
    # A path that cannot be written is told of when it is opened, and ends nothing.
    type=click.Path(readable=False, path_type=Path),
    metavar="PATH",
    default=Path("ttt_server.log"),
    show_default=True,
    show_envvar=True,
    help="File that the log is appended to.",
)
@click.option(
    "--no-log-file",
    is_flag=True,
    show_envvar=True,
    help="Log to the console only.  [default: off]",
)
@click.option(
    "--log-level",
    type=click.Choice(LEVELS, case_sensitive=False),
    default=INFO,
    show_default=True,
    show_envvar=True,
    help="Least level that is logged, on the console and in the file.",
)
@click.option(
    "--log-max-size",
    type=click.IntRange(min=1),
    metavar="MB",
    default=10,
    show_default=True,
    show_envvar=True,
    help="Size in megabytes at which the log file is moved aside and a new one begun.",
)
@click.option(
    "--log-keep",
    type=click.IntRange(min=0),
    metavar="N",
    default=5,
    show_default=True,
    show_envvar=True,
    help="How many log files moved aside are kept.",
)
@click.option(
    "--bot-after",
    type=click.FloatRange(min=0, max=DAY),
    callback=refuse_nan,
    metavar="SECONDS",
    show_envvar=True,
    help="Give the computer as opponent to who has waited so long for a person.  [default: never]",
)
@level_option
@click.option(
    "--bot-thinks",
    type=click.FloatRange(min=0, max=60),
    callback=refuse_nan,
    metavar="SECONDS",
    default=1.0,
    show_default=True,
    show_envvar=True,
    help="How long the computer thinks before each of its moves.",
)
@balancers_option
@metrics_options
@limit_options
@click.option(
    "--no-color", is_flag=True, show_envvar=True, help="No colours on the console.  [default: off]"
)
def serve(  # noqa: PLR0913 - one parameter for each option
    *,
    port: int | None,
    host: str | None,
    log_file: Path,
    no_log_file: bool,
    log_level: str,
    log_max_size: int,
    log_keep: int,
    bot_after: float | None,
    bot_level: str,
    bot_thinks: float,
    proxy_protocol: tuple[Network, ...],
    metrics_port: int | None,
    metrics_host: str,
    no_color: bool,
    **options: float | None,
) -> None:
    """Run the game server until Ctrl-C or SIGTERM ends it.

    Players are paired in the order in which they arrive. What happens is told on the
    console (stderr) and in the log file.
    """
    limits = limits_from(options)
    bots = None
    if bot_after is None:
        refuse_without("--bot-after", "bot_level", "bot_thinks")
    else:
        bots = BotSettings(after=bot_after, level=Level[bot_level.upper()], thinks=bot_thinks)
        if bots.thinks >= limits.thinking:
            msg = "--bot-thinks must be less than --move-timeout, or the computer would lose."
            raise click.UsageError(msg)
    if metrics_port and metrics_port == port:
        msg = "--metrics-port must be another port than --port."
        raise click.UsageError(msg)
    passed = passed_on(limits)
    wanted = None if passed else wanted_port(port)
    settings = LogSettings(
        file=None if no_log_file else log_file,
        level=log_level.upper(),
        max_bytes=log_max_size * BYTES_IN_MB,
        keep=log_keep,
    )
    log = Log(settings, Console(color=not no_color))
    try:
        if (options["max_connections"] or 0) > limits.connections:
            text = f"The limit on open files has room for {limits.connections} connections only"
            log.write(WARNING, text)
        place = None if metrics_port is None else MetricsPlace(metrics_port, metrics_host)
        with notifier_from(os.environ, os.getpid()) as notifier:
            hub = _hub(limits, bots, hearing(notifier, log.emit))
            report = Report(hub, log)
            with metrics_at(place, hub, log):
                listeners = passed if wanted is None else reserve(wanted, host, limits, log)
                beat = beating(notifier, hub, report.before_wait, report.line)
                server = _watch(listeners, hub, beat, proxy_protocol, log)
                settling = settled(limits.connections)
                with closing(server), signals_of(server, log, report), settling:
                    log.emit(PortReserved(port_of(listeners[0])))
                    server.run(leave_queue=bool(passed))
    finally:
        log.close()


def _hub(limits: Limits, bots: BotSettings | None, emit: Emit) -> Hub:
    if bots is None:
        return Hub(limits, emit)
    return HubWithBots(bots, random.Random(), limits, emit)  # noqa: S311 - a game


def _watch(
    listeners: list[socket.socket],
    hub: Hub,
    beat: Callable[[], float | None],
    balancers: Sequence[Network],
    log: Log,
) -> Server:
    try:
        return Server(listeners, hub, before_wait=beat, balancers=balancers)
    except OSError as error:
        log.write(ERROR, f"Cannot watch the port for players: {want_of_room(error)}")
        raise click.exceptions.Exit(1) from error
