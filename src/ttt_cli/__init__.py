"""The command line of the Tic-Tac-Toe server: asks, wires, logs; it knows no rule.

`cli` is the click group behind the command `ttt`.
"""

from ttt_cli.main import cli

__all__ = ["cli"]
