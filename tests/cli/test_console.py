"""The console when it is systemd's journal: each line says how urgent it is."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from ttt_cli.console import Console
from ttt_cli.logs import Log, LogSettings
from ttt_cli.render import DEBUG, ERROR, INFO, WARNING
from ttt_net.events import PortReserved, SessionFailed


class Journal:
    """The two ends of what systemd gives a service as its stderr."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self.stderr: TextIO = os.fdopen(theirs.detach(), "w", encoding="utf-8")
        status = os.fstat(self.stderr.fileno())
        self.name = f"{status.st_dev}:{status.st_ino}"

    @property
    def lines(self) -> list[str]:
        """What has come, which is not much."""
        self._ours.settimeout(0)
        return self._ours.recv(65536).decode().splitlines()

    def close(self) -> None:
        self._ours.close()
        self.stderr.close()


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    journal = Journal()
    monkeypatch.setenv("JOURNAL_STREAM", journal.name)
    yield journal
    journal.close()


def begin(journal: Journal, file: Path | None = None) -> Log:
    return Log(LogSettings(file, DEBUG, max_bytes=1000, keep=0), Console(journal.stderr))


@pytest.mark.parametrize(
    ("level", "prefix"), [(DEBUG, "<7>"), (INFO, "<6>"), (WARNING, "<4>"), (ERROR, "<3>")]
)
def test_a_line_begins_with_its_priority(journal: Journal, level: str, prefix: str) -> None:
    log = begin(journal)
    log.write(level, "Look out")
    log.close()
    assert journal.lines == [f"{prefix}Look out"]


def test_the_further_lines_of_a_message_have_it_too(journal: Journal) -> None:
    log = begin(journal)
    log.emit(PortReserved(1))
    log.emit(PortReserved(2))
    log.emit(SessionFailed(3, ValueError("no")))
    log.close()
    assert journal.lines == [
        "<6>Reserved port 1",
        "<6>Reserved port 2",
        "<3>An exception ended the session of player 3: ValueError",
        "<3>    ValueError: no",
    ]


def test_trouble_with_the_file_has_it_too(journal: Journal, tmp_path: Path) -> None:
    begin(journal, tmp_path).close()
    (line,) = journal.lines
    assert line.startswith(f"<3>ERROR: The log file {tmp_path} cannot be written: ")


@pytest.mark.parametrize("name", ["", "1:1", None])
def test_another_stream_has_none(
    journal: Journal, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name is None:
        monkeypatch.delenv("JOURNAL_STREAM")
    else:
        monkeypatch.setenv("JOURNAL_STREAM", name)
    log = begin(journal)
    log.write(WARNING, "Look out")
    log.close()
    assert journal.lines == ["Look out"]


def test_lines_that_are_written_past_the_log_are_ordinary_ones(journal: Journal) -> None:
    console = Console(journal.stderr)
    console.write("One\nTwo\n")
    console.close()
    assert journal.lines == ["<6>One", "<6>Two"]
