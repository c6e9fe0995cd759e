"""The hub under whatever may happen in whatever order, held against what must always be true."""

import re
from collections import Counter
from math import inf

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from tests.core.rules_model import START, Position
from ttt_net import Departure, Event, Hub, Limits, Session, Stage
from ttt_net.events import GameEnded, PlayersMatched
from ttt_net.limits import FUSE
from ttt_net.session import OVER, UNFRAMED

LIMITS = Limits(connections=7, thinking=40.0)
"""Few, so that the house is full at times, and a limit to thinking that is met at times."""

_GAME = rb"(Ez|(I[1-9])?B[XO ]{9}C([YND]|[WL]P[0-8]{3}))*"
_TALK = re.compile(
    rb"A[1-9][0-9]*(Ez)*(R[XO](I[1-9][0-9]*" + _GAME + rb")?)?(Q[ -~]+)?|Q[ -~]+", re.DOTALL
)
"""Whatever a client may ever be sent, from the first byte to the last."""

MESSAGES = [b"c1", b"c2", b"c3", b"ez", b"q", b"c", b"x", *(b"i%d" % n for n in range(10))]

sessions = Bundle("sessions")


class House(RuleBasedStateMachine):
    """Clients who come, say anything, fall silent and vanish, while the time goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.hub = Hub(LIMITS, self.events.append)
        self.now = 0.0
        self.stopped = False
        self.heard: dict[Session, bytes] = {}
        self.last_heard: dict[Session, float] = {}
        """When a client was last sent something, or began to wait after saying something."""

    @precondition(lambda self: not self.stopped)
    @rule(target=sessions)
    def come(self) -> Session:
        return self.let_in()

    @precondition(lambda self: not self.stopped)
    @rule(target=sessions)
    def come_and_begin(self) -> MultipleResults[Session]:
        two = (self.let_in(), self.let_in())
        self.everybody_goes_on(rounds=6)
        return multiple(*two)

    @precondition(lambda self: not self.stopped)
    @rule(target=sessions, rounds=st.integers(1, 5), departure=st.sampled_from(Departure))
    def come_and_meet_a_ghost(self, rounds: int, departure: Departure) -> Session:
        ghost, newcomer = self.let_in(), self.let_in()
        self.everybody_goes_on(rounds)
        self.vanish(ghost, departure)
        return newcomer

    @rule(rounds=st.integers(1, 8))
    def everybody_goes_on(self, rounds: int) -> None:
        for _ in range(rounds):
            for session in self.alive:
                self.go_on_as_one_should(session)

    @rule(session=sessions)
    def go_on_as_one_should(self, session: Session) -> None:
        """Say what an honest client would say now, if it is its turn to speak."""
        due = {Stage.GREETED: b"c1", Stage.TOLD_MARK: b"c2", Stage.TOLD_OPPONENT: b"c3"}
        if session.stage in due:
            self.say(session, due[session.stage])
        elif session.stage is Stage.PLAYING and self.hub._tables.has_turn(session):
            assert session.table is not None
            free = next(iter(session.table.referee.board.legal_moves))
            self.say(session, b"i%d" % (free + 1))
        elif session.echoes:
            self.say(session, b"ez")

    @rule(session=sessions, message=st.sampled_from(MESSAGES))
    def say(self, session: Session, message: bytes) -> None:
        if session.stage is Stage.GONE:
            return  # its socket is closed: nothing can come
        self.hub.receive(session, message, self.now)
        self.last_heard[session] = self.now
        self.flush()

    @rule(session=sessions, data=st.binary(max_size=12))
    def babble(self, session: Session, data: bytes) -> None:
        self.say(session, data)

    @rule(session=consumes(sessions), departure=st.sampled_from(Departure))
    def vanish(self, session: Session, departure: Departure) -> None:
        if session.stage is not Stage.GONE:
            self.hub.lost(session, departure, self.now)
            assert session not in self.hub.sessions
            self.flush()

    @rule(seconds=st.sampled_from([0.1, 0.9, 2.9, 3.0, 6.0, 12.5, 41.0]), alert=st.booleans())
    def wait(self, seconds: float, *, alert: bool) -> None:
        """Let time pass, in which who is `alert` answers signs of life."""
        until = self.now + seconds
        while (due := self.hub.next_deadline()) <= until:
            self.now = max(self.now, due)
            for session in self.hub.take_due(self.now):
                self.hub.expire(session, self.now)
                self.flush()
                if alert and session.echoes:
                    self.say(session, b"ez")
            self.nobody_is_left_in_silence()
        self.now = until

    @rule(session=consumes(sessions))
    def end_its_side(self, session: Session) -> None:
        """Let a client say that it has said all; what it may still read it reads."""
        if session.stage is Stage.GONE:
            return
        is_to_hear_why = session.farewell != b""  # which has waited for a confirmation
        reads_on = self.hub.ended(session, self.now)
        assert reads_on is is_to_hear_why
        self.flush()
        if reads_on:
            self.hub.lost(session, Departure.CLOSED, self.now)
            self.flush()
        assert session not in self.hub.sessions

    @rule()
    def make_room(self) -> None:
        """Let who has lingered longest give way."""
        lingering = [s for s in self.alive if s.stage is Stage.CLOSING]
        assert self.hub.give_way() is (lingering != [])
        self.flush()
        gone = [s for s in lingering if s.stage is Stage.GONE]
        assert [s.due for s in gone] == sorted(s.due for s in lingering)[:1]

    @rule(session=consumes(sessions))
    def break_down_for_good(self, session: Session) -> None:
        """Let a bug befall that client with which it cannot even be told so."""
        opponent = session.opponent
        self.hub.forget(session, self.now)
        assert session not in self.hub.sessions
        assert opponent is None or opponent.farewell or opponent.stage in OVER
        self.flush()

    @rule(session=consumes(sessions))
    def break_down(self, session: Session) -> None:
        """Let a bug befall that client."""
        self.hub.fail(session, self.now)
        self.flush()

    @precondition(lambda self: not self.stopped and len(self.events) > 40)
    @rule()
    def drain(self) -> None:
        self.stopped = True
        self.hub.drain(self.now)
        self.flush()
        assert all(s.stage is Stage.PLAYING or s.farewell or s.stage in OVER for s in self.alive)

    @precondition(lambda self: self.stopped)
    @rule()
    def stop(self) -> None:
        self.hub.stop(self.now)
        self.flush()
        assert self.hub.games == 0
        assert all(s.farewell or s.stage in OVER for s in self.alive)

    def let_in(self) -> Session:
        session = self.hub.connect("192.0.2.1:4000", self.now)
        self.heard[session] = b""
        self.flush()
        return session

    def flush(self) -> None:
        """Send what is to be sent, as the server does after each turn."""
        for session in self.hub.touched:
            if session.outgoing:
                self.heard[session] += session.outgoing
                self.last_heard[session] = self.now
                session.outgoing = b""
        self.hub.touched.clear()

    @property
    def alive(self) -> list[Session]:
        return self.hub.sessions

    @invariant()
    def nothing_is_left_to_send_that_nobody_looks_after(self) -> None:
        assert not any(session.outgoing for session in self.alive)

    @invariant()
    def everybody_hears_what_the_protocol_knows_and_nothing_after_goodbye(self) -> None:
        for session, heard in self.heard.items():
            assert _TALK.fullmatch(heard), (session, heard)

    @invariant()
    def nobody_is_left_in_silence(self) -> None:
        """Who waits, before a game or in it, is in a read that ends after ten seconds."""
        for session in self.alive:
            waits = session.stage in (Stage.WAITING, Stage.READY) or (
                session.stage is Stage.PLAYING and not self.hub._tables.has_turn(session)
            )
            if waits:
                assert self.now - self.last_heard[session] < FUSE, session

    @invariant()
    def an_odd_one_out_waits_and_never_two(self) -> None:
        alone = [s for s in self.alive if s.stage is Stage.WAITING and s.table is None]
        assert len(alone) <= 1
        assert self.hub._lobby.waiting is (alone[0] if alone else None)

    @invariant()
    def who_has_an_opponent_is_its_opponents_opponent_and_nobody_its_own(self) -> None:
        for session in self.alive:
            opponent = session.opponent
            assert (opponent is None) is (session.table is None)
            if opponent is not None:
                assert opponent is not session
                assert opponent.opponent is session
                assert opponent.table is session.table
                assert {opponent.mark.value, session.mark.value} == {"X", "O"}
                assert opponent in self.alive

    @invariant()
    def the_games_are_counted(self) -> None:
        playing = {id(s.table) for s in self.alive if s.stage is Stage.PLAYING}
        assert self.hub.games == len(playing)
        assert all(s.table is not None for s in self.alive if s.stage is Stage.PLAYING)

    @invariant()
    def each_board_is_where_its_moves_lead(self) -> None:
        for session in self.alive:
            if session.table is not None:
                referee = session.table.referee
                position: Position = START
                for square in referee.moves:
                    position = position.moves[square]
                assert referee.board.cells == position.text.replace(".", " ")
                assert not position.is_over

    @invariant()
    def what_is_kept_of_a_client_is_little(self) -> None:
        for session in self.alive:
            assert len(session.half) <= 1
            assert not session.farewell or session.stage in UNFRAMED | OVER
            assert session.echoes <= LIMITS.echoes_unanswered
            assert session.refusals < LIMITS.refusals or session.stage in OVER

    @invariant()
    def everybody_is_looked_after_again(self) -> None:
        longest = max(LIMITS.linger, LIMITS.thinking) + 0.25
        deadlines = self.hub._roster.deadlines
        assert len(deadlines) == len(self.alive)
        for session in self.alive:
            assert session in deadlines._leaves[session.look]
            assert session.due <= self.now + longest

    @invariant()
    def no_more_are_let_in_than_there_is_room_for(self) -> None:
        unasked = [s for s in self.alive if s.stage is Stage.CLOSING]
        assert len(self.alive) - len(unasked) <= LIMITS.connections

    @invariant()
    def the_log_tells_of_each_pair_and_each_end_once(self) -> None:
        pairs = [(e.newcomer, e.waited) for e in self.events if isinstance(e, PlayersMatched)]
        ends = [(e.x, e.o) for e in self.events if isinstance(e, GameEnded)]
        assert max(Counter(pairs).values(), default=1) == 1
        assert max(Counter(ends).values(), default=1) == 1
        assert set(ends) <= set(pairs)

    def teardown(self) -> None:
        """Leave them all alone: in the end nobody and nothing is left."""
        self.wait(LIMITS.greeting + LIMITS.thinking + 18 + 2 * LIMITS.linger, alert=False)
        self.wait(LIMITS.linger + 1, alert=False)
        assert self.hub.sessions == []
        assert self.hub.games == 0
        assert self.hub.next_deadline() == inf


TestHouse = House.TestCase
TestHouse.settings = settings(
    derandomize=True, deadline=None, max_examples=120, stateful_step_count=40
)
