"""Who comes: the existing clients, and people who cheat, dawdle, flood or just go."""

from dataclasses import dataclass
from random import Random

from tests.model_client import LEAVE, SILENT, Close, CutShort, ModelClient, Read, Send, Think
from tests.simulation.network import SHORT_WAY, Quality
from tests.simulation.rascal import GARBAGE, Rascal
from tests.simulation.seat import Actor, Deed, HalfClose, Life, Reset

WIDE = 1 << 16
"""A window that no session ever fills."""

PATIENT = 50.0
"""How long somebody may think whom the server has to wait for when it ends a session."""

HONEST = ("guest", "dawdler", "window")
"""Those who must come to a good end, whatever the others do."""

FATES = ("reset", "black hole", "black hole for ever")


@dataclass(slots=True, eq=False)
class Visitor:
    """Somebody who is going to connect."""

    kind: str
    actor: Actor
    quality: Quality
    client: ModelClient | None = None
    """The existing client that must come to a good end, if it is one."""
    fate: tuple[str, float] | None = None
    """What befalls its connection, and after how many seconds."""
    left: bool = False
    """Whether that client has chosen to leave."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How bad a world is: how likely each kind of trouble is."""

    wicked: float
    slow: float
    broken: float
    leaving: float
    mischief: float


def manners(rng: Random) -> Manners:
    """Choose a world's manners: from quiet to hell."""
    badness = rng.choice((0.0, 0.1, 0.3, 0.6))
    return Manners(
        wicked=badness * rng.random(),
        slow=0.3 * rng.random(),
        broken=badness * rng.random(),
        leaving=0.1 * rng.random(),
        mischief=0.02 + 0.4 * rng.random(),
    )


def visitor(rng: Random, mood: Manners, patient: float = PATIENT) -> Visitor:
    """Choose who comes next; an existing client thinks for up to `patient` seconds."""
    quality = Quality(rng.choice((0.0, 0.02, SHORT_WAY)) * rng.random(), WIDE, cuts=False)
    dice = rng.random()
    if dice < mood.wicked:
        window = rng.choice((WIDE, WIDE, 150, 24))
        slow = Quality(
            rng.choice((0.01, 0.5, 4.0)) * rng.random(), window, cuts=rng.random() < 0.7
        )
        return Visitor("rascal", Rascal(rng, mood.mischief), slow)
    guest = _guest(rng, mood, quality, patient)
    if dice < mood.wicked + mood.broken:
        if rng.random() < 0.4:
            guest.fate = (rng.choice(FATES), 60 * rng.random() ** 2)
            guest.kind = guest.fate[0]
            return guest
        return _cut_short(rng, guest)
    assert guest.client is not None
    if rng.random() < mood.slow:
        guest.kind, guest.actor = "dawdler", Late(guest.client, rng, Send)
    elif rng.random() < 0.1:
        guest.kind, guest.actor = "window", Late(guest.client, rng, Close)
    return guest


def _guest(rng: Random, mood: Manners, quality: Quality, patient: float) -> Visitor:
    think = rng.choice((0.0, 1.0, rng.expovariate(0.3), rng.expovariate(0.05)))

    def choose(cells: str, mark: str) -> int:
        if rng.random() < mood.leaving:
            guest.left = True
            return LEAVE
        return rng.choice([square for square, cell in enumerate(cells, 1) if cell == " "])

    client = ModelClient(choose, min(think, patient), rng.choice((b"", b"", b"tea", b"\xff\n")))
    guest = Visitor("guest", client, quality, client)
    return guest


def _cut_short(rng: Random, guest: Visitor) -> Visitor:
    assert guest.client is not None
    ends: tuple[tuple[Deed, ...], ...] = (
        (Close(),),
        (Reset(),),
        (SILENT,),
        (Send(b"q"), Close()),
        (HalfClose(), Read(1024), SILENT),
        (Send(rng.choice(GARBAGE)), Read(1024), Close()),
        (Think(rng.random() * 20), Close()),
        (Think(rng.random() * 140), Reset()),
    )
    life = Cut(guest.client, rng.choice((0, 1, 2, rng.randrange(30))), rng.choice(ends))
    return Visitor("cut short", life, guest.quality)


class Cut:
    """The first `actions` things that a client does, and then something else than the rest."""

    def __init__(self, client: ModelClient, actions: int, end: tuple[Deed, ...]) -> None:
        self._start = CutShort(client, actions)
        self._end = end

    def play(self) -> Life:
        yield from self._start.play()
        # Not `yield from`: a tuple cannot be sent anything.
        for deed in self._end:  # noqa: UP028
            yield deed


class Late:
    """An existing client that is late with one kind of deed: whatever it says, or closing."""

    def __init__(self, client: ModelClient, rng: Random, deed: type[Deed]) -> None:
        self._client = client
        self._rng = rng
        self._deed = deed
        self._late = rng.choice((0.5, 2.5, 8.0) if deed is Send else (5.0, 50.0, 500.0))

    def play(self) -> Life:
        program = self._client.play()
        deed = next(program)
        while True:
            if isinstance(deed, self._deed):
                yield Think(self._late * self._rng.random())
            try:
                result = yield deed
            except ConnectionError as error:
                deed = program.throw(error)
            else:
                deed = program.send(result)
