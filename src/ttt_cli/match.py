"""One game against a server: its news go to the screen, what is typed goes to it."""

import select
from collections.abc import Callable
from enum import Enum
from typing import assert_never

from ttt_cli.keyboard import A_SQUARE, Keyboard, complaint, is_farewell, square_in
from ttt_cli.layout import printable
from ttt_cli.screen import Screen
from ttt_net import Connector
from ttt_net.news import (
    Broken,
    Dismissed,
    Marked,
    Matched,
    News,
    Numbered,
    Over,
    Result,
    Shown,
    Trouble,
)

BEAT = 1.0
"""How often a waiting player is shown that the program is alive, in seconds."""

RESULTS = {
    Result.WON: "You win. Congratulations!",
    Result.LOST: "You lose.",
    Result.DRAWN: "It is a draw.",
}
TROUBLES = {
    Trouble.UNHEARD: "The server ended the connection before it had said a word.",
    Trouble.LOST: "The connection to the server was lost.",
    Trouble.SILENT: "The server does not answer.",
    Trouble.PROTOCOL: "This is no Tic-Tac-Toe server, or it made a mistake: {}.",
}
YOUR_MOVE = f"Your move: {A_SQUARE}"
WAITING = "Waiting for the other player…"
YOU, OTHER = "You", "The other player"
NOT_YET = "It is not your turn yet."


class Ending(Enum):
    """How a match has ended that has not failed."""

    PLAYED = "played to its end"
    LEFT = "left by this player"


class CutShort(Exception):
    """The match has ended early; the text is a sentence for the player."""


class Match:
    """A game over one connection, from the greeting to the result."""

    def __init__(
        self,
        connector: Connector,
        keyboard: Keyboard,
        screen: Screen,
        clock: Callable[[], float],
    ) -> None:
        self._connector = connector
        self._keyboard = keyboard
        self._screen = screen
        self._clock = clock
        self._since = clock()
        self._ending: Ending | None = None

    def play(self) -> Ending:
        """Play to the end. Raises CutShort, and KeyboardInterrupt at Ctrl-C."""
        if self._screen.in_place:
            self._wait_for("Waiting for the server…")
        while self._ending is None:
            news = self._wait()
            for new in news:
                self._tell(new)
            self._take_lines()
        return self._ending

    def _wait(self) -> list[News]:
        """Wait for the server, the keyboard or the next beat, and return the news."""
        asked = self._connector.client.is_asked
        sources: list[Connector | Keyboard] = [self._connector]
        if (asked or self._keyboard.is_terminal) and not self._keyboard.is_over:
            sources.append(self._keyboard)
        ready, _, _ = select.select(sources, [], [], self._patience())
        if self._keyboard in ready:
            self._keyboard.read()
        now = self._clock()
        news = self._connector.read(now) if self._connector in ready else []
        news += self._connector.tick(now)
        waited = round(now - self._since)
        if waited and not ready and not asked:
            self._screen.beat(waited)
        return news

    def _patience(self) -> float:
        due = self._connector.client.next_deadline()
        return BEAT if due is None else min(BEAT, max(0.0, due - self._clock()))

    def _tell(self, new: News) -> None:
        match new:
            case Numbered(player):
                self._screen.tell(f"You are player {player}.")
                self._wait_for("Waiting for an opponent…")
            case Marked(mark):
                self._screen.tell(f"You play {mark}; X moves first.")
            case Matched(opponent):
                self._screen.tell(f"Your opponent is player {opponent}.")
            case Shown(board, ours, last, refused):
                question = f"The server did not accept that. {YOUR_MOVE}" if refused else YOUR_MOVE
                self._since = self._clock()
                sentence = question if ours else WAITING
                self._screen.show(board, sentence, last=last, by=OTHER if ours else YOU)
            case Over(board, result, line, last):
                by = OTHER if board.turn is self._connector.client.mark else YOU
                self._screen.show(board, RESULTS[result], last=last, by=by, line=line)
                self._ending = Ending.PLAYED
            case Dismissed(reason):
                why = printable(reason).strip() or "it did not say why."
                msg = f"The server has ended the game: {why}"
                raise CutShort(msg)
            case Broken(trouble, detail):
                raise CutShort(TROUBLES[trouble].format(printable(detail)))
            case _:
                assert_never(new)

    def _wait_for(self, words: str) -> None:
        self._since = self._clock()
        self._screen.say(words)

    def _take_lines(self) -> None:
        """Do what has been typed, as far as it is time for it."""
        client = self._connector.client
        while self._ending is None and (client.is_asked or self._keyboard.is_terminal):
            line = self._keyboard.take()
            if line is None:
                # What was piped in may be a game that has not come to its end.
                if self._keyboard.is_over and (client.is_asked or self._keyboard.is_terminal):
                    self.leave()
                return
            if is_farewell(line):
                self.leave()
            elif client.is_asked:
                self._move(line)
            else:
                self._screen.note(NOT_YET)

    def _move(self, line: str) -> None:
        client = self._connector.client
        square = square_in(line)
        if square is None or square not in client.board.legal_moves:
            self._screen.say(f"{complaint(line)} {YOUR_MOVE}")
            return
        client.move(square)
        self._connector.flush()

    def leave(self) -> None:
        """Say goodbye to the server."""
        self._connector.client.leave()
        self._connector.flush()
        self._ending = Ending.LEFT
