"""The command `ttt`: the group of its commands, each imported when it is called for."""

import importlib
import signal

import click

from ttt_cli.signals import handled

COMMANDS = ("check", "play", "serve")
"""Each is called like its module."""


class Commands(click.Group):
    """Imports a command late: none needs what only another one does."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of that name, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        with handled(signal.SIGINT, signal.SIG_DFL):  # as in `__main__`
            module = importlib.import_module(f"ttt_cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "TTT"},
)
@click.version_option(package_name="ttt-server")
def cli() -> None:
    """Tic-Tac-Toe over TCP: pairs players, referees their games, and keeps running."""
