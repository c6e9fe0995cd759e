"""The log: events as coloured lines on the console and as stamped lines in a file.

loguru writes both. A line that cannot be written ends nothing: trouble with the file is
reported on the console, once, and trouble with the console has nobody to be reported to.
"""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from loguru import logger

from ttt_cli.log_file import LogFile
from ttt_cli.render import ERROR, LEVELS, render
from ttt_net import Event

CONSOLE_FORMAT = "<level>{message}</level>"
FILE_FORMAT = "[{time:YYYY-MM-DD HH:mm:ss}] {level}: {message}"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the operator wants of the log."""

    file: Path | None
    level: str
    color: bool
    """Whether colour is allowed; it is used on a terminal only."""
    max_bytes: int
    """How long the file may become before it is moved aside."""
    keep: int
    """How many files moved aside are kept."""


class Log:
    """The log of one run of the server. Nothing it does raises."""

    def __init__(self, settings: LogSettings, console: TextIO | None = None) -> None:
        self._settings = settings
        self._levels = LEVELS[LEVELS.index(settings.level) :]
        # There is none if the standard error output was closed before the start.
        self._console: TextIO | None = sys.stderr if console is None else console
        self._file: LogFile | None = None
        self._file_is_broken = False
        logger.remove()
        logger.add(
            self._write_to_console,
            format=CONSOLE_FORMAT,
            level=settings.level,
            colorize=settings.color and _wants_color(self._console),
        )
        if settings.file is not None:
            self._open_file(settings.file)

    def emit(self, event: Event) -> None:
        """Write `event` as one line."""
        self.write(*render(event))

    def write(self, level: str, text: str) -> None:
        """Write one line of words at `level`."""
        if level not in self._levels:
            return
        try:
            logger.log(level, text)
        except (OSError, ValueError) as error:
            self._report_file(error)
        else:
            self._file_is_broken = False

    def close(self) -> None:
        """Write no more, and close the file."""
        logger.remove()
        if self._file is not None:
            self._file.close()

    def _open_file(self, path: Path) -> None:
        try:
            self._file = LogFile(path, self._settings.max_bytes, self._settings.keep)
        except (OSError, ValueError) as error:
            self._report_file(error)
        else:
            # Errors come to `write`, which tells of them once, not for each line.
            logger.add(
                self._file.write,
                format=FILE_FORMAT,
                level=self._settings.level,
                colorize=False,
                catch=False,
            )

    def _report_file(self, error: Exception) -> None:
        if not self._file_is_broken:
            self._file_is_broken = True
            why = (isinstance(error, OSError) and error.strerror) or str(error)
            text = f"The log file {self._settings.file} cannot be written: {why}."
            self._write_to_console(f"{ERROR}: {text} The server goes on without it.\n")

    def _write_to_console(self, line: str) -> None:
        if self._console is not None:
            with contextlib.suppress(OSError, ValueError):
                self._console.write(line)
                self._console.flush()


def _wants_color(console: TextIO | None) -> bool:
    if console is None or console.closed:
        return False
    return console.isatty() and not os.environ.get("NO_COLOR")
