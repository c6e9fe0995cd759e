"""Every number of the house, in one place: seconds, bytes and counts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how much and how many; times are in seconds.

    The existing clients give up on a read that stays silent for 10 s (PROTOCOL, item 3).
    """

    greeting: float = 10.0
    """How long a new connection may take to confirm its number with `c1`."""
    confirmation: float = 3.0
    """How long a player may take to confirm its mark or its opponent (PROTOCOL, rules)."""
    echo_every: float = 6.0
    """How long a waiting player hears nothing before it is sent `E` (PROTOCOL, item 5)."""
    echoes_unanswered: int = 2
    """How many `E` a waiting player may leave unanswered when the next one is due."""
    thinking: float = 120.0
    """How long a player may take to move."""
    refusals: int = 3
    """How many moves in a row are refused before the player is put out."""
    linger: float = 60.0
    """How long the last message may stay unread before the socket is closed (item 7)."""
    settle: float = 1.0
    """How long a number without an end mark is left alone before a `Q` that cannot wait."""
    stopping: float = 1.5
    """How long players may take to read the `Q` of a server that is stopping."""
    reason_bytes: int = 1024
    """How much of what follows a `q` is kept, and how long a text after `Q` may be."""
    unsent_bytes: int = 4096
    """How much may wait to be sent to one client before it is given up."""
    read_bytes: int = 2048
    """How much is read from one client in its turn."""
    accepts: int = 16
    """How many new connections are accepted in one turn of the loop."""
    backlog: int = 4096
    """How many connections the system may hold ready to be accepted."""
    accept_pause: float = 1.0
    """How long no connection is accepted after the system has refused to give one."""
