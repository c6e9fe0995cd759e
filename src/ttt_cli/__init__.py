"""The command line of the Tic-Tac-Toe server: asks, wires, logs; it knows no rule.

It imports nothing, so that `ttt_cli.__main__`, the way in, is reached at once.
"""

__all__: list[str] = []
