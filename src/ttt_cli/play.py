"""`ttt play`: a seat at a server's table, or at one keyboard with `--local`."""

import sys

import click

from ttt_cli.keyboard import Keyboard
from ttt_cli.level import level_option, refuse_without
from ttt_cli.local import play_local
from ttt_cli.online import Seat, ask_place
from ttt_cli.port import read_server_port
from ttt_cli.questions import on_terminal, tell
from ttt_cli.screen import Screen, ScreenLost
from ttt_cli.signals import ended_by_signals
from ttt_cli.terminal import Terminal
from ttt_core import Level


@click.command()
@click.argument("host", required=False)
@click.argument("port", required=False, callback=read_server_port)
@click.option(
    "--local", is_flag=True, show_envvar=True, help="Play without a server, two at one keyboard."
)
@click.option(
    "--bot", is_flag=True, show_envvar=True, help="Play without a server, against the computer."
)
@level_option
@click.option(
    "--plain",
    is_flag=True,
    show_envvar=True,
    help="Say each thing once, in plain lines, and redraw nothing: for screen readers.",
)
@click.option("--no-color", is_flag=True, show_envvar=True, help="Use no colours.")
def play(  # noqa: PLR0913 - one parameter for each option
    *,
    host: str | None,
    port: int | None,
    local: bool,
    bot: bool,
    bot_level: str,
    plain: bool,
    no_color: bool,
) -> None:
    """Play against a person or the computer.

    It is done through the server at HOST and PORT, which are asked for if they are missing.
    """
    check_usage(host, port, is_local=local or bot)
    if not bot:
        refuse_without("--bot", "bot_level")
    level = Level[bot_level.upper()] if bot else None
    screen = Screen(sys.stdout, color=not no_color, plain=plain)
    descriptor = None if sys.stdin is None else sys.stdin.fileno()
    keyboard = Keyboard(descriptor, screen.type if screen.in_place else None)
    terminal = Terminal(keyboard, screen)

    def play_here() -> bool:
        with terminal.in_use():
            return play_local(screen, keyboard, level)

    with ended_by_signals():
        try:
            if local or bot:
                play_once = play_here
            else:
                play_once = Seat(ask_place(host, port), screen, keyboard, terminal).play
            while play_once() and wants_more(screen, keyboard, terminal):
                screen.begin()
        except (KeyboardInterrupt, click.Abort):
            click.echo(err=True)  # the line of the question
            tell("You have left; no game was going on.")
        except ScreenLost as lost:
            if str(lost):
                tell(f"Nothing can be shown any more: {lost}")
            raise click.exceptions.Exit(1) from None


def check_usage(host: str | None, port: int | None, *, is_local: bool) -> None:
    """Raise click.UsageError if the arguments contradict each other, or cannot be asked for."""
    if sys.stdout is None:
        msg = "There is no standard output to play on."
        raise click.UsageError(msg)
    if is_local:
        if host is not None:
            msg = "--local and --bot play without a server: leave out HOST and PORT."
            raise click.UsageError(msg)
    elif host is not None and not host.strip():
        msg = "HOST is empty: an address is the name or the number of a machine."
        raise click.UsageError(msg)
    elif (host is None or port is None) and not on_terminal():
        msg = "No address or no port is given and there is no terminal to ask on: HOST PORT."
        raise click.UsageError(msg)


def wants_more(screen: Screen, keyboard: Keyboard, terminal: Terminal) -> bool:
    """Ask whether to play again; who says nothing more does not."""
    with terminal.in_use():
        try:
            screen.add("Play again? (y/n)")
            while (line := keyboard.wait()) is not None:
                match line.lower():
                    case "y" | "yes":
                        return True
                    case "n" | "no" | "q" | "quit":
                        break
                    case _:
                        screen.note("Please answer y or n.")
        except KeyboardInterrupt:
            screen.break_line()
        screen.add("Goodbye.")
    return False
