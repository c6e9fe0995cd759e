"""How text is made fit to be shown: the width of a terminal, lines, and only harmless signs."""

import os
import shutil
import textwrap
import unicodedata
from typing import TextIO

_NARROWEST = 20
_QUOTED = 20
"""How many signs of what somebody typed are quoted."""


def columns_of(out: TextIO) -> int:
    """Return how many columns `out` has now; what `COLUMNS` says, or 80, if nobody knows."""
    try:
        columns = os.get_terminal_size(out.fileno()).columns
    except (OSError, ValueError):
        columns = 0  # it is no terminal
    return columns or shutil.get_terminal_size().columns


def wrapped(text: str, columns: int) -> list[str]:
    """Cut `text` into lines, which leave the last column free.

    What stands there makes some terminals begin a new line, and others not.
    """
    return textwrap.wrap(text, max(_NARROWEST, columns - 1))


def printable(text: str) -> str:
    """Return `text` with a question mark for each sign that is not one column of ink.

    So it can do nothing to a terminal, and is as wide as it is long.
    """
    return "".join(sign if _is_harmless(sign) else "?" for sign in text)


def quoted(text: str) -> str:
    """Quote what somebody typed: printable, and not more than the beginning."""
    shown = printable(text[: _QUOTED + 1])
    return repr(shown if len(shown) <= _QUOTED else f"{shown[: _QUOTED - 1]}…")


def _is_harmless(sign: str) -> bool:
    return (
        sign.isprintable()
        and unicodedata.east_asian_width(sign) not in "WF"
        and not unicodedata.category(sign).startswith("M")
    )
