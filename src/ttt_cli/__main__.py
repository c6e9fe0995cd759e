"""`python -m ttt_cli` is `ttt`."""

from ttt_cli.main import cli

cli(prog_name="ttt")
