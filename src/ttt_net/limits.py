"""The numbers that an operator or a test may want to set: seconds, bytes and counts.

A number that is nobody's business but its own room's, as how much is read at first, stands there.
"""

import math
from dataclasses import dataclass, fields

FUSE = 10.0
"""How long an existing client reads before it gives up, in seconds (PROTOCOL, item 3)."""

LATE = 0.5
"""How much later than its time something may be heard: a deadline's grain, and the way."""

_MAY_BE_ENDLESS = frozenset(("thinking", "peer_timeout"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how much and how many; times are in seconds, and math.inf is no limit.

    Raises ValueError for numbers that the existing clients would not survive.
    """

    connections: int = 10_000
    """How many clients may be connected at once; one more is told so and closed."""

    greeting: float = 10.0
    """How long a new connection may take to confirm its number with `c1`.

    A balancer may take as long for its header, before the number is told.
    """
    confirmation: float = 3.0
    """How long a player may take to confirm its mark or its opponent (PROTOCOL, rules)."""
    echo_every: float = 6.0
    """How long a waiting player hears nothing before it is sent `E` (PROTOCOL, item 5)."""
    echoes_unanswered: int = 2
    """How many `E` a waiting player may leave unanswered when the next one is due."""
    answers_unasked: int = 64
    """How many answers to no `E` a player may send; one more is one too many."""
    thinking: float = 120.0
    """How long a player may take to move."""
    refusals: int = 3
    """How many moves in a row are refused before the player is put out."""
    linger: float = 60.0
    """How long the last message may stay unread before the socket is closed (item 7)."""
    settle: float = 1.0
    """How long a number without an end mark is left alone before a `Q` that cannot wait."""
    peer_timeout: float = 30.0
    """How long the other end may be unreachable before its connection is given up.

    The system looks after that by itself, for a player whose turn it is may not be asked for
    a sign of life, and a machine that loses its power sends no end of stream.
    """
    drain: float = 2.0
    """How long running games may go on once the server has been told to stop; may be 0."""
    stopping: float = 1.4
    """How long players may take to read the `Q` of a server that is stopping."""
    reason_bytes: int = 1024
    """How much of what follows a `q` is kept."""
    unsent_bytes: int = 4096
    """How much may wait to be sent to one client before it is given up."""
    read_bytes: int = 2048
    """How much is read from one client in its turn."""
    header_bytes: int = 2048
    """How long the header of a balancer may be: with all that it may tell, a few hundred."""
    unannounced: int = 16
    """For how many there is room whose balancer's header is on its way, in a full house too.

    Fewer than the files that are kept for the server itself.
    """
    accepts: int = 256
    """How many new connections are accepted in one turn of the loop.

    Few enough for the games to go on in a rush (it takes some milliseconds), and many enough
    for a rush to be taken in while thousands play: whoever stands before the door hears
    nothing, and gives up after ten seconds.
    """
    looks: int = 256
    """For how many it is looked whether their time is over, in one turn of the loop.

    Few enough for the games to go on when thousands fall silent at once. Bots are as many besides.
    """
    backlog: int = 4096
    """How many connections the system may hold ready to be accepted."""
    accept_pause: float = 1.0
    """How long no connection is accepted after the system has had no room for one."""

    def __post_init__(self) -> None:
        """Refuse with a ValueError what would let an existing client give up, or never end."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not (value > 0 or (value == 0 and field.name == "drain")):
                msg = f"{field.name} must be more than 0, not {value}"
                raise ValueError(msg)
            if value == math.inf and field.name not in _MAY_BE_ENDLESS:
                msg = f"{field.name} must have an end"
                raise ValueError(msg)
        # The one who waited reads its first board while the newcomer confirms twice.
        for name, silence in (
            ("echo_every", self.echo_every),
            ("confirmation", 2 * self.confirmation),
        ):
            if silence >= FUSE - LATE:
                msg = (
                    f"{name} lets a client hear nothing for {silence:g} s: it gives up at {FUSE:g}"
                )
                raise ValueError(msg)
