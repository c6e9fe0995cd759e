"""A second telling of what the server does for its clients, to hold the server against.

It is told the bytes that the server has read, and who is lost; it says for each client
which messages are due. Time it does not know: `observer.py` does. The rules of the game are
those of `tests/core/rules_model.py`. Nothing in here knows the package under test.
"""

from bisect import insort

from tests.core.rules_model import POSITIONS
from tests.simulation.talk import (
    ANSWERING,
    CONFIRMATIONS,
    REFUSALS,
    UNASKED,
    UNFRAMED,
    Game,
    State,
    Talk,
    messages,
)
from tests.simulation.words import (
    NOT_BEGUN,
    PARTNER_LEFT,
    PARTNER_PUT_OUT,
    TOO_MANY,
    UNEXPECTED,
)

_BOARDS = {p: b"B" + p.text.replace(".", " ").encode() for p in POSITIONS.values()}


class House:
    """All clients, who waits and who plays whom."""

    def __init__(self) -> None:
        self.now = 0.0
        self.touched: dict[Talk, None] = {}
        """To whom something has become due."""
        self.ended: list[Game] = []
        """The games that have come to an end, until somebody takes them."""
        self.alone_since = 0.0
        """When the first in the line has last come, or come back."""
        self._arrived = 0
        self._line: list[Talk] = []

    @property
    def waiting(self) -> Talk | None:
        """Who waits, with nobody to meet."""
        return self._line[0] if self._line else None

    def hear(self, talk: Talk, data: bytes) -> None:
        """Let the server have read `data`."""
        before = talk.state
        for message in messages(talk, data):
            if talk.state is State.OVER:
                return
            self._take(talk, message)
        if before is State.NUMBERED and talk.state is State.WAITING and talk.owed is None:
            self._line_up(talk)

    def lose(self, talk: Talk) -> None:
        """Let the server have found out that the connection is over."""
        if talk.state is not State.OVER:
            talk.departs = talk.owed is None and talk.number > 0
            self.vacate(talk)
            talk.finish("lost", self.now)
            self.touched[talk] = None

    def vacate(self, talk: Talk, words: bytes = PARTNER_LEFT) -> None:
        """Take `talk`, which goes, away from its place; who plays with it is told `words`."""
        partner, game = talk.partner, talk.game
        if talk in self._line:
            self._line.remove(talk)
        if partner is None:
            return
        self._part(talk, partner)
        if game is not None:
            game.winner = partner.mark
            self.ended.append(game)
        if partner.state is not State.WAITING:
            self.owe(partner, NOT_BEGUN if game is None else words)
        elif partner.is_bot:
            partner.finish("not needed", self.now)
        else:
            self._line_up(partner)

    def owe(self, talk: Talk, words: bytes) -> None:
        """Let a `Q` with these `words` be due to `talk`, if none is yet."""
        if talk.owed is None:
            talk.owed = self.now
            talk.words = words
        self.touched[talk] = None

    def _take(self, talk: Talk, message: bytes) -> None:
        state = talk.state
        if talk.owed is not None:
            self._take_last(talk, message)
        elif message[:1] == b"q":
            talk.departs = True
            self.vacate(talk)
            self._leave(talk)
        elif message == CONFIRMATIONS.get(state):
            self._confirm(talk)
        elif message[:1] == b"e" and state in ANSWERING:
            self._answer(talk)
        elif message[:1] == b"i" and talk.game is not None:
            self._move(talk, talk.game, message)
        else:
            self._put_out(talk, UNEXPECTED)

    def _answer(self, talk: Talk) -> None:
        if talk.answers_due:
            talk.answers_due -= 1
            return
        talk.unasked += 1
        if talk.unasked > UNASKED:
            self._put_out(talk, UNEXPECTED)

    def _put_out(self, talk: Talk, words: bytes) -> None:
        self.vacate(talk, PARTNER_PUT_OUT)
        talk.soon = True
        self.owe(talk, words)

    def _take_last(self, talk: Talk, message: bytes) -> None:
        """Hear somebody who is going to be told `Q` as soon as its number is confirmed."""
        if talk.state in UNFRAMED and message[:1] == b"q":
            self._leave(talk)
        elif message == CONFIRMATIONS.get(talk.state) and talk.state in UNFRAMED:
            talk.become(State.MARKED, self.now)  # nothing keeps the `Q` back any more
            self.touched[talk] = None

    def _leave(self, talk: Talk) -> None:
        talk.finish("left", self.now)
        self.touched[talk] = None

    def _confirm(self, talk: Talk) -> None:
        partner = talk.partner
        talk.hasty |= bool(talk.due)
        if talk.state is State.NUMBERED:
            self._arrived += 1
            talk.place = self._arrived
            talk.become(State.WAITING, self.now)
        elif talk.state is State.MARKED:
            assert partner is not None
            self._tell(talk, b"I%d" % partner.number)
            talk.become(State.INTRODUCED, self.now)
        elif partner is not None:
            if talk.mark == "O":
                talk.become(State.SEATED, self.now)
                self._mark(partner)
            else:
                self._begin(Game(talk, partner))

    def _line_up(self, talk: Talk) -> None:
        """Let `talk` wait in the line, and the first two in it meet."""
        insort(self._line, talk)
        self.alone_since = self.now
        while len(self._line) > 1:
            waited, newcomer = self._line.pop(0), self._line.pop(0)
            waited.partner, newcomer.partner = newcomer, waited
            waited.mark, newcomer.mark = "O", "X"
            self._mark(waited)

    def _mark(self, talk: Talk) -> None:
        talk.become(State.MARKED, self.now)
        self._tell(talk, b"R" + talk.mark.encode())

    def _begin(self, game: Game) -> None:
        for talk in (game.x, game.o):
            talk.game = game
            talk.become(State.PLAYING, self.now)
            self._show(talk, game)

    def _show(self, talk: Talk, game: Game) -> None:
        self._tell(talk, _BOARDS[game.position])
        self._tell(talk, b"CY" if game.to_move is talk else b"CN")

    def _move(self, talk: Talk, game: Game, message: bytes) -> None:
        square = b"123456789".find(message[1:])
        after = game.position.moves.get(square) if talk.has_turn else None
        partner = talk.partner
        assert partner is not None
        if after is None:
            talk.refusals += 1
            talk.refused += 1
            if talk.refusals >= REFUSALS:
                self._put_out(talk, TOO_MANY)
            elif talk.has_turn:
                self._show(talk, game)
            return
        talk.refusals = 0
        talk.since = partner.since = self.now
        game.position = after
        game.moves += (square,)
        self._tell(partner, b"I" + message[1:])
        if after.is_over:
            self._end(game, talk, partner)
        else:
            self._show(talk, game)
            self._show(partner, game)

    def _end(self, game: Game, mover: Talk, other: Talk) -> None:
        game.winner = game.position.winner
        self.ended.append(game)
        self._part(mover, other)
        for talk, call in ((mover, b"CW"), (other, b"CL")):
            self._tell(talk, _BOARDS[game.position])
            if game.winner is None:
                self._tell(talk, b"CD")
            else:
                self._tell(talk, call)
                self._tell(talk, b"P%d%d%d" % game.position.lines[0])
            talk.finish("result", self.now)

    def _part(self, talk: Talk, partner: Talk) -> None:
        talk.partner = partner.partner = talk.game = partner.game = None

    def _tell(self, talk: Talk, message: bytes) -> None:
        talk.due.append(message)
        self.touched[talk] = None
