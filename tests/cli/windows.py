"""Windows for the tests: how large a pseudo-terminal is."""

import fcntl
import struct
import termios


def resize(terminal: int, columns: int, rows: int = 24) -> None:
    """Give the window of a terminal so many columns; who runs in it gets a SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
