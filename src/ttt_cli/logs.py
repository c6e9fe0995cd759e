"""The log: events as coloured lines on the console and as stamped lines in a file.

loguru filters and formats both. A line that cannot be written ends nothing: trouble with the
file is reported on the console, once, and trouble with the console has nobody to be reported
to.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loguru import logger

from ttt_cli.console import Console
from ttt_cli.log_file import LogFile, NotMovedAside
from ttt_cli.render import ERROR, LEVELS, render
from ttt_net import Event

CONSOLE_FORMAT = "<level>{message}</level>"
FILE_FORMAT = "[{time:YYYY-MM-DD HH:mm:ss}] {level}: {message}"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the operator wants of the log."""

    file: Path | None
    level: str
    max_bytes: int
    """How long the file may become before it is moved aside."""
    keep: int
    """How many files moved aside are kept."""


class Log:
    """The log of one run of the server. Nothing it does raises."""

    def __init__(self, settings: LogSettings, console: Console) -> None:
        self._console = console
        self._levels = LEVELS[LEVELS.index(settings.level) :]
        self._path = settings.file
        self._file: LogFile | None = None
        self._in_trouble = False
        logger.remove()
        logger.add(
            console.write, format=CONSOLE_FORMAT, level=settings.level, colorize=console.colors
        )
        if settings.file is not None:
            self._file = LogFile(settings.file, settings.max_bytes, settings.keep)
            logger.add(
                self._file.write,
                format=FILE_FORMAT,
                level=settings.level,
                colorize=False,
                # Errors come to `write`, which tells of them once, not for each line.
                catch=False,
            )
            with self._telling_of_trouble():
                self._file.open()

    def emit(self, event: Event) -> None:
        """Write `event` as one line."""
        try:
            level, text = render(event)
        except Exception as error:  # noqa: BLE001 - a bug here must not end a game
            level, text = ERROR, f"{type(event).__name__} cannot be put into words: {error!r}"
        self.write(level, text)

    def write(self, level: str, text: str) -> None:
        """Write one line of words at `level`."""
        if level in self._levels:
            with self._telling_of_trouble():
                logger.log(level, text)

    def reopen(self) -> None:
        """Open the log file anew, by its name. May be called from a signal handler."""
        if self._file is not None:
            # If that cannot be done, the next line finds out, and it is told of then.
            with contextlib.suppress(OSError):
                self._file.reopen()

    def close(self) -> None:
        """Write no more, and close the file."""
        logger.remove()
        if self._file is not None:
            self._file.close()

    @contextlib.contextmanager
    def _telling_of_trouble(self) -> Iterator[None]:
        """Report on the console what goes wrong with the file, if it has not gone wrong before."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the games go on
            if not self._in_trouble:
                self._in_trouble = True
                why = (isinstance(error, OSError) and error.strerror) or str(error)
                what = "moved aside" if isinstance(error, NotMovedAside) else "written"
                text = f"The log file {self._path} cannot be {what}: {why}."
                self._console.write(f"{ERROR}: {text} The server goes on.\n")
        else:
            self._in_trouble = False
