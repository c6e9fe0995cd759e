"""The option `--bot-level`, which is the same wherever the computer plays."""

import click

from ttt_core import Level

level_option = click.option(
    "--bot-level",
    type=click.Choice([level.name.lower() for level in Level], case_sensitive=False),
    default=Level.HUMAN.name.lower(),
    show_default=True,
    show_envvar=True,
    help="How well the computer plays: without a mistake, or with some.",
)
