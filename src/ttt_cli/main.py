"""The command `ttt`: the group of its commands."""

import click

from ttt_cli.check import check
from ttt_cli.play import play
from ttt_cli.serve import serve


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "TTT"},
)
@click.version_option(package_name="ttt-server")
def cli() -> None:
    """Tic-Tac-Toe over TCP: pairs players, referees their games, and keeps running."""


cli.add_command(serve)
cli.add_command(play)
cli.add_command(check)
