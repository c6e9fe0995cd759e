"""A balancer in front of the server: who comes through it, and who only tries to."""

from itertools import pairwise
from random import Random

from tests.model_client import SILENT, Close, Read, Send, Think
from tests.simulation.announcement import BALANCERS, BROKEN, STRANGERS, Announcement, header
from tests.simulation.population import HONEST, Visitor
from tests.simulation.rascal import GARBAGE
from tests.simulation.seat import Actor, Deed, HalfClose, Life, Reset

OUTSIDERS = ("garbled", "halting", "late", "mute", "stranger")
"""Those who do not get in, or only just."""


class Announced:
    """Somebody of whom something is said first, in `pieces`, each after a while."""

    def __init__(self, pieces: list[tuple[float, bytes]], actor: Actor) -> None:
        self._pieces = pieces
        self._actor = actor

    def play(self) -> Life:
        """Return its whole life."""
        for wait, piece in self._pieces:
            if wait:
                yield Think(wait)
            yield Send(piece)
        yield from self._actor.play()


class Bystander:
    """Somebody who does some `deeds` and nothing else."""

    def __init__(self, *deeds: Deed) -> None:
        self._deeds = deeds

    def play(self) -> Life:
        """Return its whole life."""
        # Not `yield from`: a tuple cannot be sent anything.
        for deed in self._deeds:  # noqa: UP028
            yield deed


def announce(rng: Random, guest: Visitor, port: int, trouble: float) -> Announcement:
    """Let `guest` come through a balancer; if there is `trouble`, it may be an outsider."""
    if rng.random() < trouble:
        return _fail(rng, guest, port)
    head, client = header(rng, port)
    pieces = _pieces(rng, head, within=2.0)
    if guest.kind not in HONEST and rng.random() < 0.5:
        # What comes then comes in the same breath.
        pieces[-1] = (pieces[-1][0], pieces[-1][1] + rng.choice(GARBAGE))
    guest.actor = Announced(pieces, guest.actor)
    return Announcement(rng.choice(BALANCERS), port, head, client)


def _fail(rng: Random, guest: Visitor, port: int) -> Announcement:
    guest.kind = rng.choice(OUTSIDERS)
    guest.client = guest.fate = None
    head, client = header(rng, port)
    host = rng.choice(STRANGERS if guest.kind == "stranger" else BALANCERS)
    if guest.kind == "garbled":
        head = rng.choice(BROKEN)
    said = {
        "garbled": head + b"x" * rng.randrange(300),
        "halting": head[: rng.randrange(1, len(head))],
        "mute": b"",
    }.get(guest.kind, head)
    within = 20.0 if guest.kind == "late" else 1.0
    deeds = (
        Think(rng.choice((0.0, 1.0, 15.0)) * rng.random()),
        rng.choice((Close(), Reset(), HalfClose(), SILENT, Read(128))),
        *(Read(128), Read(128), Close()),
    )
    guest.actor = Announced(_pieces(rng, said, within), Bystander(*deeds))
    return Announcement(host, port, head, client, is_broken=guest.kind == "garbled")


def _pieces(rng: Random, data: bytes, within: float) -> list[tuple[float, bytes]]:
    """Cut `data` into pieces that come within so many seconds."""
    if len(data) < 2 or rng.random() < 0.5:
        return [(0.0, data)] if data else []
    places = {rng.randrange(1, len(data)) for _ in range(rng.randrange(1, 6))}
    cut = [0, *sorted(places), len(data)]
    share = within / len(places)
    return [(share * rng.random(), data[a:b]) for a, b in pairwise(cut)]
