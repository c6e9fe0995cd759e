"""Tic-Tac-Toe on the network: the protocol, and a non-blocking server for it.

`Hub` is the whole server without sockets and clock; `Server` runs one over `selectors`.
What happens comes out as `Event` values through the callable that the hub is given.
"""

from ttt_net.bots import BotSettings, HubWithBots
from ttt_net.client import Client
from ttt_net.connector import Connector
from ttt_net.events import Departure, Emit, Event
from ttt_net.hub import Hub
from ttt_net.limits import Limits
from ttt_net.listener import listen, port_of
from ttt_net.server import Server
from ttt_net.session import Session, Stage

__all__ = [
    "BotSettings",
    "Client",
    "Connector",
    "Departure",
    "Emit",
    "Event",
    "Hub",
    "HubWithBots",
    "Limits",
    "Server",
    "Session",
    "Stage",
    "listen",
    "port_of",
]
