"""A client that knows how to play and would rather not: it lives through every answer."""

import re
from collections.abc import Iterator
from random import Random

from tests.model_client import SILENT, Close, Read, Send, Think
from tests.simulation.seat import Deed, HalfClose, Life, Reset

GARBAGE = (
    *(b"GET / HTTP/1.0\r\n\r\n", b"\x00\xff", b"c9", b"ee", b"i", b"E", b"\n", b"c"),
    *(b"c1", b"c2", b"c3", b"i5", b"Q", b"qqq", b"c1c2", b"c2c3", b"c1c2c3", b"ez"),
)
ILLEGAL = (
    *(b"i0", b"ix", b"i:", b"i1", b"i5", b"i9", b"i\x00", b"i1i2i3", b"i5i5i5"),
    b"i0ezi0ezi0",
)
FLOODS = (b"i5" * 3000, b"ez" * 3000, b"q" * 5000, b"c1c2c3" * 500, b"\x80" * 6000)

MESSAGE = re.compile(rb"A\d+|R[XO]|E.|I\d+|B[XO ]{9}|C[YNDWL]|P\d{3}|Q.*", re.DOTALL)

ANSWERS = {b"A": b"c1", b"R": b"c2", b"I": b"c3"}


class Rascal:
    """Plays at random and gets up to some mischief now and then."""

    def __init__(self, rng: Random, mischief: float) -> None:
        self._rng = rng
        self._mischief = mischief
        self._cells = b" " * 9
        self._rest = b""
        self._playing = False

    def play(self) -> Life:
        """Return its whole life."""
        while True:
            if self._rng.random() < self._mischief:
                yield from self._misbehave()
            try:
                data = yield Read(2048)
            except ConnectionError:
                break
            if data == b"" or (data is None and self._rng.random() < 0.3):
                break
            for answer in list(self._answers(data or b"")):
                yield Send(answer)
        yield Close()

    def _answers(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        while found := MESSAGE.search(self._rest):
            self._rest = self._rest[found.end() :]
            message = found[0]
            letter = message[:1]
            if letter == b"B":
                self._cells = message[1:]
                self._playing = True
            elif letter == b"E":
                yield b"e" + message[1:]
            elif message == b"CY":
                yield self._move()
            elif not self._playing and letter in ANSWERS:
                yield ANSWERS[letter]

    def _move(self) -> bytes:
        if self._rng.random() < self._mischief:
            return self._rng.choice(ILLEGAL)
        return b"i%d" % (1 + self._rng.choice([i for i, c in enumerate(self._cells) if c == 32]))

    def _misbehave(self) -> Iterator[Deed]:
        rng = self._rng
        dice = rng.randrange(12)
        if dice < 3:
            yield Think(8 * rng.random())
        elif dice == 3:
            yield Think(75 * rng.random())
            yield Send(b"ez")
            yield Think(75 * rng.random())
        elif dice < 6:
            yield Send(rng.choice(ILLEGAL))
        elif dice < 8:
            yield Send(rng.choice(GARBAGE))
        elif dice == 8:
            yield Send(rng.choice(FLOODS))
        else:
            yield rng.choice((Close(), Reset(), HalfClose(), SILENT, Send(b"q")))
