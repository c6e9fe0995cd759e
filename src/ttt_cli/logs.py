"""The log: events as coloured lines on the console and as stamped lines in a file.

loguru colours and formats them. A line that cannot be written ends nothing: trouble with the
file is reported on the console, once, and trouble with the console has nobody to be reported
to.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from ttt_cli.console import INFORMATIONAL, Console
from ttt_cli.log_file import LogFile, NotMovedAside
from ttt_cli.logger import logger
from ttt_cli.render import DEBUG, ERROR, INFO, LEVELS, WARNING, level_of, words_of
from ttt_net import Event

if TYPE_CHECKING:
    from loguru import Message

CONSOLE_FORMAT = "<level>{message}</level>"
FILE_FORMAT = "{extra[stamped]}"
STAMP = "%Y-%m-%d %H:%M:%S"
MOST_LINES = 500
"""How many lines are kept at most before they are written."""

PRIORITIES = {DEBUG: 7, INFO: INFORMATIONAL, WARNING: 4, ERROR: 3}
"""What syslog(3) and the journal call the levels."""

_LEVEL = itemgetter(0)


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
    """The log of one run of the server. Nothing it does raises.

    What is emitted is kept until `flush`, which is to be called before the loop waits: a line
    costs loguru and the system much, and a hundred at a time cost hardly more.
    """

    def __init__(self, settings: LogSettings, console: Console) -> None:
        self._console = console
        self._levels = frozenset(LEVELS[LEVELS.index(settings.level) :])
        self._path = settings.file
        self._file: LogFile | None = None
        self._in_trouble = False
        self._lines: list[tuple[str, str]] = []
        # Where lines are coloured somebody reads them, and each is to have a colour of its own.
        self._most_lines = 1 if console.colors else MOST_LINES
        logger.remove()
        if settings.file is not None:
            self._file = LogFile(settings.file, settings.max_bytes, settings.keep)
            # Before the console: what can be read there is in the file already.
            self._add(self._append, FILE_FORMAT, colorize=False)
            with self._telling_of_trouble():
                self._file.open()
        self._add(self._show, CONSOLE_FORMAT, colorize=console.colors)

    def emit(self, event: Event) -> None:
        """Keep `event` as one line, until it is time to write."""
        try:
            level = level_of(event)
            if level not in self._levels:
                return
            text = words_of(event)
        except Exception as error:  # noqa: BLE001 - a bug here must not end a game
            level, text = ERROR, f"{type(event).__name__} cannot be put into words: {error!r}"
        self._lines.append((level, text))
        if len(self._lines) >= self._most_lines:
            self.flush()

    def write(self, level: str, text: str) -> None:
        """Write one line of words at `level`, now."""
        if level in self._levels:
            self._lines.append((level, text))
            self.flush()

    def flush(self) -> None:
        """Write what has been kept, as one record of loguru for each run of lines of a level."""
        if not self._lines:
            if self._console.is_behind:
                self._console.catch_up()
            return
        lines, self._lines = self._lines, []
        stamp = time.strftime(STAMP)
        for level, run in groupby(lines, _LEVEL):
            texts = [text for _, text in run]
            start = f"[{stamp}] {level}: "
            logger.log(
                level,
                "{plain}",
                plain="\n".join(texts),
                stamped=start + f"\n{start}".join(texts),
            )

    def reopen(self) -> None:
        """Open the log file anew, by its name. May be called from a signal handler."""
        if self._file is not None:
            # If that cannot be done, the next line finds out, and it is told of then.
            with contextlib.suppress(OSError):
                self._file.reopen()

    def close(self) -> None:
        """Write what has been kept and no more, and close the file and the console."""
        self.flush()
        logger.remove()
        self._console.close()
        if self._file is not None:
            self._file.close()

    def _add(self, sink: "Callable[[Message], None]", form: str, *, colorize: bool) -> None:
        """Let loguru write all it is given to `sink`, whatever its own variables say."""
        logger.add(
            sink,
            level=0,
            format=form,
            filter=None,
            colorize=colorize,
            serialize=False,
            enqueue=False,
        )

    def _append(self, lines: str) -> None:
        assert self._file is not None
        with self._telling_of_trouble():
            self._file.write(lines)

    def _show(self, lines: "Message") -> None:
        self._console.write(lines, PRIORITIES[lines.record["level"].name])

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
                line = f"{ERROR}: {text} The server goes on.\n"
                self._console.write(line, PRIORITIES[ERROR])
        else:
            self._in_trouble = False
