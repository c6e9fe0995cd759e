"""The option `--proxy-protocol`: where balancers are, who say from where a player has come."""

from collections.abc import Sequence
from ipaddress import ip_network

import click

from ttt_cli.layout import quoted
from ttt_net.vestibule import Network


def read_networks(
    _context: click.Context, _option: click.Parameter, texts: Sequence[str]
) -> tuple[Network, ...]:
    """Read networks, several in one text with commas between them: the option's callback.

    Raises click.BadParameter for what is none, and where none is named, as in "," or "": an
    empty list must not let everybody in. (An empty environment variable is as good as none.)
    """
    return tuple(
        _network(part) for text in texts for part in text.replace(",", " ").split() or [text]
    )


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        what = "an address such as 10.0.0.5, or a network such as 10.0.0.0/24 or fd00::/8"
        msg = f"{quoted(text)} is not {what}."
        raise click.BadParameter(msg) from error


balancers_option = click.option(
    "--proxy-protocol",
    callback=read_networks,
    multiple=True,
    metavar="CIDR[,CIDR]",
    show_envvar=True,
    help=(
        "Let in only whom a balancer in these networks announces by the PROXY protocol.  "
        "[default: whoever comes]"
    ),
)
