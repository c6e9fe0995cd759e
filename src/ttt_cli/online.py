"""A seat at the tables of a server: the connection, what can be wrong with it, and a game."""

import time

import click

from ttt_cli.keyboard import Keyboard
from ttt_cli.layout import printable
from ttt_cli.match import CutShort, Ending, Match
from ttt_cli.questions import ask_address, ask_server_port, ask_what_to_do, on_terminal, tell
from ttt_cli.screen import Screen
from ttt_cli.terminal import Terminal
from ttt_net import Connector
from ttt_net.connector import CONNECT_WAIT


class Seat:
    """Where one player plays, a game after the other, each over a connection of its own."""

    def __init__(
        self, place: tuple[str, int], screen: Screen, keyboard: Keyboard, terminal: Terminal
    ) -> None:
        """Play at the server of that address and port."""
        self._place = place
        self._screen = screen
        self._keyboard = keyboard
        self._terminal = terminal

    def play(self) -> bool:
        """Play one game; whether it was played to its end.

        Raises click.exceptions.Exit with code 1 if there is none or it cannot go on.
        """
        if self._keyboard.is_spent():  # an opponent would meet somebody who never moves
            tell("There is nobody to play: the input has come to its end.")
            raise click.exceptions.Exit(1)
        with self._connect() as connector, self._terminal.in_use():
            match = Match(connector, self._keyboard, self._screen, time.monotonic)
            try:
                if match.play() is Ending.PLAYED:
                    return True
            except KeyboardInterrupt:
                match.leave()
                self._screen.break_line()
            except CutShort as failure:
                self._screen.say(str(failure))
                raise click.exceptions.Exit(1) from None
            self._screen.say("You have left the game.")
            return False

    def _connect(self) -> Connector:
        """Connect, asking on a terminal what to do each time that cannot be done."""
        while True:
            host, port = self._place
            try:
                return Connector(host, port, time.monotonic)
            except OSError as error:
                why = error.strerror or f"no answer came within {CONNECT_WAIT:g} seconds"
                tell(f"Cannot connect to port {port} of {printable(host)}: {why}")
                if not on_terminal():
                    raise click.exceptions.Exit(1) from None
                self._place = ask_what_to_do("address and port", self._place, ask_place)


def ask_place(host: str | None = None, port: int | None = None) -> tuple[str, int]:
    """Ask for the address and the port of a server, unless they are known. Raises click.Abort."""
    host = ask_address() if host is None else host
    return host, ask_server_port() if port is None else port
