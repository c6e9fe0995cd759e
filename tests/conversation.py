r"""Conversations with the hub, written as they would be told: one line for each thing said.

    6 connects
    6 < A6              the server says `A6` to client 6
    6 > c1              client 6 says `c1`
    +6.0                six seconds pass
    6 < Ez
    6 leaves            its end of stream arrives (or: 6 resets)
    7 < Qtext           ...
    7 closed            the server ends its side after the last message
    7 dropped           the server gives up the connection

The lines with `<`, `closed` and `dropped` are what is expected, all of it and nothing else,
before the next thing happens. What one client says in lines without another line in between
can be fed in three ways: each line whole, a byte at a time, or all of it joined. Bytes that
cannot be printed are written as in Python: `\x00`.
"""

import difflib
from collections.abc import Iterable, Iterator
from itertools import groupby

from ttt_net import Departure, Event, Hub, Limits, Session, Stage

FEEDS = ("whole", "bytes", "joined")

ENDS = {"leaves": Departure.CLOSED, "resets": Departure.RESET}
OUTCOMES = ("closed", "dropped")


class Conversation:
    """A hub, its clients by their numbers, a clock, and what has happened."""

    def __init__(self, limits: Limits | None = None, feed: str = "whole") -> None:
        self.events: list[Event] = []
        self.hub = Hub(limits, self.events.append)
        self.clients: dict[int, Session] = {}
        self.now = 0.0
        self._feed = feed
        self._ended: set[tuple[int, str]] = set()

    def hold(self, talk: str) -> None:
        """Let `talk` take place, and fail with the difference if it goes otherwise."""
        lines = [line.strip() for line in talk.splitlines() if line.strip()]
        held = list(self._hold(lines))
        told = list(_in_order(lines))
        assert held == told, "\n".join(["", *difflib.ndiff(told, held)])

    def _hold(self, lines: list[str]) -> Iterator[str]:
        for _, block in groupby(lines, key=lambda line: _happens(line) and _speaker(line)):
            happening = [line for line in block if _happens(line)]
            yield from happening
            self._let_happen(happening)
            yield from self._heard()

    def _let_happen(self, lines: list[str]) -> None:
        who = _speaker(lines[0]) if lines else None
        if who is None:
            for line in lines:
                self._happen(line)
        else:
            for data in self._pieces(lines):
                self.hub.receive(self.clients[who], data, self.now)

    def _pieces(self, lines: list[str]) -> Iterable[bytes]:
        said = [_bytes(line.split(" > ", 1)[1]) for line in lines]
        match self._feed:
            case "bytes":
                return [bytes([byte]) for byte in b"".join(said)]
            case "joined":
                return [b"".join(said)]
            case _:
                return said

    def _happen(self, line: str) -> None:
        if line.startswith("+"):
            self._pass(float(line))
            return
        who, what = line.split()
        if what == "connects":
            self._connect(int(who))
        else:
            self.hub.lost(self.clients[int(who)], ENDS[what], self.now)
            self._ended.update((int(who), outcome) for outcome in OUTCOMES)

    def _connect(self, number: int) -> None:
        known = len(self.events)
        while (session := self.hub.connect(f"peer {number}", self.now)).number < number:
            # Somebody whom the talk does not tell of came and went.
            self.hub.lost(session, Departure.CLOSED, self.now)
            self._ended.add((session.number, "dropped"))
        assert session.number == number
        del self.events[known:]
        self.clients[number] = session

    def _pass(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.hub.next_deadline()) <= until:
            self.now = max(self.now, due)
            for session in self.hub.take_due(self.now):
                self.hub.expire(session, self.now)
        self.now = until

    def _heard(self) -> Iterator[str]:
        """Take what the server has said since, in the order of the clients."""
        touched = {session.number: session for session in self.hub.touched}
        self.hub.touched.clear()
        for number, session in sorted(touched.items()):
            if session.outgoing:
                yield f"{number} < {_text(session.outgoing)}"
                session.outgoing = b""
            outcome = {Stage.CLOSING: "closed", Stage.GONE: "dropped"}.get(session.stage)
            if outcome is not None and (number, outcome) not in self._ended:
                self._ended.add((number, outcome))
                yield f"{number} {outcome}"


def talk(lines: str, feed: str = "whole", limits: Limits | None = None) -> list[Event]:
    """Hold a conversation of its own and return the events it made."""
    conversation = Conversation(limits, feed)
    conversation.hold(lines)
    return conversation.events


def _happens(line: str) -> bool:
    """Whether `line` is something that is done, and not something expected."""
    return " < " not in line and not line.endswith(OUTCOMES)


def _speaker(line: str) -> int | None:
    return int(line.split(" > ", 1)[0]) if " > " in line else None


def _in_order(lines: list[str]) -> Iterator[str]:
    """Put what is expected at one time into the order of the clients."""
    for happens, group in groupby(lines, key=_happens):
        if happens:
            yield from group
        else:
            yield from sorted(group, key=lambda line: int(line.split()[0]))


def _bytes(text: str) -> bytes:
    return text.encode().decode("unicode_escape").encode("latin-1")


def _text(data: bytes) -> str:
    return data.decode("latin-1").encode("unicode_escape").decode()
