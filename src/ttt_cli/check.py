"""`ttt check`: whether a server answers, for cron, containers and monitoring."""

import select
import time
from collections.abc import Callable

import click

from ttt_cli.layout import printable
from ttt_cli.port import read_server_port
from ttt_net import Connector
from ttt_net.news import Broken, Dismissed, News, Numbered
from ttt_net.proxy import UNKNOWN

PATIENCE = 10.0
"""How long a server may take to give out a number, connecting included, in seconds."""


class NoGoodAnswer(Exception):
    """The server does not do what a server should; the text says what it does instead."""


@click.command()
@click.argument("host")
@click.argument("port", callback=read_server_port)
@click.option(
    "--proxy-protocol",
    "announced",
    is_flag=True,
    help="Announce itself as a balancer's own check, to a server that lets in nobody else.",
)
def check(*, host: str, port: int, announced: bool) -> None:
    """Find out whether a server answers at HOST and PORT, within ten seconds.

    If it gives out a player number, nothing is said and the exit code is 0; if not, one line
    says why and the exit code is 1. The number is not confirmed, so no player is matched with
    it, and the log of a server that is well tells of it at the level DEBUG only.
    """
    try:
        ask_for_number(host, port, time.monotonic, UNKNOWN if announced else b"")
    except (OSError, NoGoodAnswer) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error) or "it is silent"
        line = f"No server of this game answers at port {port} of {host}: {why}"
        click.echo(printable(line), err=True)
        raise click.exceptions.Exit(1) from None


def ask_for_number(host: str, port: int, clock: Callable[[], float], header: bytes = b"") -> None:
    """Return as soon as the server at `host`, sent `header`, has given out a number, and leave.

    Raises OSError if there is no connection, NoGoodAnswer if something else comes or nothing.
    """
    end = clock() + PATIENCE
    with Connector(host, port, clock, PATIENCE) as connector:
        client = connector.client
        client.outgoing = header
        connector.flush()
        while (now := clock()) < end:
            # What the client has to say to the number, its confirmation, is not sent: nobody
            # is to be matched with who leaves.
            news = client.tick(now)
            if not news:
                due = min(end, client.next_deadline() or end)
                ready, _, _ = select.select([connector], [], [], due - now)
                news = connector.read(now) if ready else []
            if _is_number(news):
                return
        raise TimeoutError


def _is_number(news: list[News]) -> bool:
    """Tell whether a number has come; raises NoGoodAnswer if none can come any more."""
    match news:
        case [Numbered(), *_]:
            return True
        case [Dismissed(reason)]:
            msg = f"it says: {reason}"
            raise NoGoodAnswer(msg)
        case [Broken(trouble, detail)]:
            msg = f"{trouble.value} ({detail})"
            raise NoGoodAnswer(msg)
        case _:
            return False
