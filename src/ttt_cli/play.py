"""`ttt play`: a seat at a server's table, or at one keyboard with `--local`."""

import sys
import time

import click

from ttt_cli.keyboard import Keyboard
from ttt_cli.local import play_local
from ttt_cli.match import Ending, Match, MatchFailed
from ttt_cli.port import read_port
from ttt_cli.questions import ask, ask_address, ask_port, on_terminal
from ttt_cli.screen import Screen
from ttt_core import Level
from ttt_net import Connector


@click.command()
@click.argument("host", required=False)
@click.argument("port", required=False, callback=read_port)
@click.option("--local", is_flag=True, help="Play without a server, two at one keyboard.")
@click.option("--bot", is_flag=True, help="With --local: play against the computer.")
@click.option(
    "--bot-level",
    type=click.Choice([level.name.lower() for level in Level], case_sensitive=False),
    default=Level.HUMAN.name.lower(),
    show_default=True,
    show_envvar=True,
    help="How well the computer plays: without a mistake, or with some.",
)
@click.option("--no-color", is_flag=True, show_envvar=True, help="Use no colours.")
def play(
    *, host: str | None, port: int | None, local: bool, bot: bool, bot_level: str, no_color: bool
) -> None:
    """Play through the server at HOST and PORT, which are asked for if they are missing."""
    screen = Screen(sys.stdout, color=not no_color)
    keyboard = Keyboard(None if sys.stdin is None else sys.stdin.fileno())
    if local or bot:
        play_local(screen, keyboard, Level[bot_level.upper()] if bot else None)
        return
    if (host is None or port is None) and not on_terminal():
        msg = "No address or no port is given and there is no terminal to ask on: HOST PORT."
        raise click.UsageError(msg)
    host = ask_address() if host is None else host
    port = ask_port() if port is None else port
    while True:
        connector, host, port = connect(host, port)
        if not play_once(connector, screen, keyboard) or not wants_more(screen, keyboard):
            return
        screen.begin()


def play_once(connector: Connector, screen: Screen, keyboard: Keyboard) -> bool:
    """Play one game; whether it was played to its end. Exits with code 1 if it cannot go on."""
    with connector:
        match = Match(connector, keyboard, screen, time.monotonic)
        try:
            if match.play() is Ending.PLAYED:
                return True
        except KeyboardInterrupt:
            match.leave()
        except MatchFailed as failure:
            screen.say(str(failure))
            raise click.exceptions.Exit(1) from None
    screen.say("You have left the game.")
    return False


def connect(host: str, port: int) -> tuple[Connector, str, int]:
    """Connect, asking on a terminal what to do each time that cannot be done.

    Returns where that was in the end, too: it may have been changed.
    """
    while True:
        try:
            return Connector(host, port), host, port
        except OSError as error:
            why = error.strerror or "no answer came within 10 seconds"
            click.echo(f"Cannot connect to port {port} of {host}: {why}", err=True)
            if not on_terminal():
                raise click.exceptions.Exit(1) from None
            host, port = ask_where(host, port)


def ask_where(host: str, port: int) -> tuple[str, int]:
    """Return where to connect to next. Raises click.exceptions.Exit with code 1 to abort."""
    while True:
        match ask("[A]bort, [C]hange address and port, or [R]etry?").lower():
            case "a" | "abort":
                raise click.exceptions.Exit(1)
            case "c" | "change":
                return ask_address(), ask_port()
            case "r" | "retry":
                return host, port
            case _:
                continue


def wants_more(screen: Screen, keyboard: Keyboard) -> bool:
    """Ask whether to play again; who says nothing more does not."""
    try:
        while True:
            screen.add("Play again? (y/n)")
            line = keyboard.wait()
            screen.typed(echoed=keyboard.is_terminal and line is not None)
            match line and line.lower():
                case None | "n" | "no" | "q" | "quit":
                    return False
                case "y" | "yes":
                    return True
                case _:
                    continue
    except KeyboardInterrupt:
        return False
