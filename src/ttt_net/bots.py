"""Bots: the computer sits down with who has waited long enough for a person.

A bot is a player like any other: it has a number, is told `A`, says `c1`, and stands in the
lobby. Only its other end is here and not at the end of a socket. Whoever runs the hub
notices nothing.
"""

from dataclasses import dataclass
from math import inf

from ttt_core import Board, Dice, Level, Pairing, choose, verdict
from ttt_net.client import SETTLE, Client
from ttt_net.deadlines import Deadlines
from ttt_net.events import BotJoined, Departure, Emit, SessionFailed, ignore
from ttt_net.hub import Hub
from ttt_net.limits import Limits
from ttt_net.news import Shown
from ttt_net.session import OVER, Session

PEER = "the computer"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSettings:
    """When bots come, and how they play; times are in seconds."""

    after: float
    """How long a player has waited for a person before a bot comes."""
    level: Level = Level.HUMAN
    thinks: float = 1.0
    """How long a bot thinks before each move."""


@dataclass(slots=True, eq=False)
class _Bot:
    """The other end of a bot's session."""

    session: Session
    client: Client
    look: float = inf
    """When it has thought for long enough; the calendar's."""


class HubWithBots(Hub):
    """A hub that gives a bot as opponent to who has waited long enough.

    Raises ValueError for settings with which a bot would lose by thinking too long.
    Persons come first: a bot is asked in only for somebody whom nobody has joined, and it
    never waits in the lobby itself.
    """

    def __init__(
        self,
        settings: BotSettings,
        dice: Dice,
        limits: Limits | None = None,
        emit: Emit = ignore,
    ) -> None:
        super().__init__(limits, emit)
        if not settings.after >= 0 or not 0 <= settings.thinks < self.limits.thinking:
            msg = f"a bot thinks from 0 to {self.limits.thinking:g} s and comes after 0 s or more"
            raise ValueError(msg)
        verdict(Board())  # knows all positions from then on: 0.1 s, and not in the loop
        self._settings = settings
        self._dice = dice
        self._bots: dict[Session, _Bot] = {}
        self._told: list[Session] = []
        """The bots' sessions that have been told something, or are over."""
        self._thinking: Deadlines[_Bot] = Deadlines()

    @property
    def connections(self) -> int:
        """How many clients are connected, those who linger included; a bot is none."""
        return len(self._roster.sessions) - len(self._bots)

    def receive(self, session: Session, data: bytes, now: float) -> None:
        """Take in what has come from the client, in whatever pieces it came."""
        super().receive(session, data, now)
        self._attend(now)

    def lost(self, session: Session, departure: Departure, now: float) -> None:
        """Take note that the connection of `session` is over."""
        super().lost(session, departure, now)
        self._attend(now)

    def fail(self, session: Session, now: float) -> None:
        """End the session and its game after a bug: both players are told `Q`."""
        super().fail(session, now)
        self._attend(now)

    def forget(self, session: Session, now: float) -> None:
        """Strike `session` off without a word, and its opponent if that is a bot."""
        opponent = session.opponent
        super().forget(session, now)
        for gone in (session, opponent):
            if gone in self._bots:
                self._dismiss(gone)

    def drain(self, now: float) -> None:
        """Tell everybody `Q` who is in no game that has begun; nobody is to connect any more."""
        super().drain(now)
        self._attend(now)

    def stop(self, now: float) -> None:
        """End everything: all players are told `Q`."""
        super().stop(now)
        self._attend(now)

    def next_deadline(self) -> float:
        """Return when to look for who is `due`, if nothing happens before; inf is never."""
        return min(super().next_deadline(), self._thinking.earliest, self._bot_due())

    def take_due(self, now: float) -> list[Session]:
        """Return the sessions whose time may be over: each is to be given to `expire`."""
        # A bot's move comes first: it is the sign of life that may be due as well.
        bots = self._thinking.take_due(now, self.limits.looks)
        due = [bot.session for bot in bots] + super().take_due(now)
        waiting = self._lobby.waiting
        if waiting is not None and self._is_weary(waiting, now):
            due.append(waiting)
        return due

    def expire(self, session: Session, now: float) -> None:
        """Do what is due for `session`: it may be a bot's move, or time for a bot to come."""
        bot = self._bots.get(session)
        # Its time to move may be over, to the moment, before its leaf of the calendar has come.
        if bot is not None and bot.client.is_asked and (bot.look == inf or session.due <= now):
            self._thinking.cancel(bot)
            bot.client.move(choose(bot.client.board, self._settings.level, self._dice))
            self._answer(bot, now)
        elif session is self._lobby.waiting and self._is_weary(session, now):
            self._bring_bot(session, now)
        super().expire(session, now)
        self._attend(now)

    def _bot_due(self) -> float:
        waiting = self._lobby.waiting
        return inf if waiting is None else waiting.arrived + self._settings.after

    def _is_weary(self, session: Session, now: float) -> bool:
        """Whether `session` has waited long enough for a person."""
        return session.arrived + self._settings.after <= now

    def _bring_bot(self, waiting: Session, now: float) -> None:
        session = Session(PEER, self._told)
        self._bots[session] = _Bot(session, Client())
        self._roster.open(session, now)
        self.emit(BotJoined(session.number, waiting.number))
        self._attend(now)
        if waiting is self._lobby.waiting:
            # The bot has failed. So would the next one, in the same moment and without end.
            self.fail(waiting, now)

    def _go_on_waiting(self, pairing: Pairing[Session], now: float) -> None:
        """Let a bot go whose opponent has turned out to be gone; a person waits on."""
        if pairing.newcomer in self._bots:
            super().lost(pairing.newcomer, Departure.NOT_NEEDED, now)
        else:
            super()._go_on_waiting(pairing, now)

    def _attend(self, now: float) -> None:
        """Let the bots hear what they have been told, and answer, until all is said."""
        while self._told:
            told = dict.fromkeys(self._told)
            self._told.clear()
            for session in told:
                if session in self._bots:
                    try:
                        self._hear(self._bots[session], now)
                    except Exception as error:  # noqa: BLE001 - it costs one table, as anybody's
                        self.emit(SessionFailed(session.number, error))
                        self.forget(session, now)

    def _hear(self, bot: _Bot, now: float) -> None:
        session = bot.session
        data, session.outgoing = session.outgoing, b""
        # Nothing is cut on the way to a bot: its number has ended when it is here.
        news = bot.client.receive(data, now) + bot.client.tick(now + SETTLE)
        if any(isinstance(new, Shown) and new.ours for new in news):
            self._thinking.set_at_latest(bot, now + self._settings.thinks)
        self._answer(bot, now)
        if session.stage in OVER:
            self._dismiss(session)

    def _dismiss(self, session: Session) -> None:
        """Let a bot go to whom all has been said."""
        self._thinking.cancel(self._bots.pop(session))
        self._roster.forget(session)

    def _answer(self, bot: _Bot, now: float) -> None:
        data, bot.client.outgoing = bot.client.outgoing, b""
        super().receive(bot.session, data, now)
