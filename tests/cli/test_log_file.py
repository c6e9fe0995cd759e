"""The log file: where it stands, and what happens where it cannot be written."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import BeginLog
from tests.cli.consoles import Screen
from tests.cli.log_file import NUMBERED, messages, no_room_past, number_of_reports
from ttt_cli.render import INFO


def report(file: Path, why: str) -> str:
    return f"ERROR: The log file {file} cannot be written: {why}. The server goes on."


class TestTheFile:
    def test_is_appended_to(self, begin_log: BeginLog, file: Path) -> None:
        file.write_text("[2026-11-22 20:22:44] INFO: the run before\n")
        begin_log(file=file).write(INFO, "this run")
        assert messages(file) == ["the run before", "this run"]

    def test_may_stand_in_a_directory_that_is_not_there_yet(
        self, begin_log: BeginLog, tmp_path: Path
    ) -> None:
        file = tmp_path / "var" / "log" / "ttt.log"
        begin_log(file=file).write(INFO, "first")
        assert messages(file) == ["first"]

    def test_is_there_before_the_first_line(self, begin_log: BeginLog, file: Path) -> None:
        begin_log(file=file)
        assert messages(file) == []

    def test_is_none_if_none_is_wanted(self, begin_log: BeginLog, tmp_path: Path) -> None:
        begin_log(file=None).write(INFO, "console only")
        assert not list(tmp_path.iterdir())


class TestAFileThatCannotBeOpened:
    def test_because_a_directory_has_its_name_is_reported_once(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        file.mkdir()
        screen = Screen()
        log = begin_log(screen, file=file)
        log.write(INFO, "one")
        log.write(INFO, "two")
        assert screen.lines == [report(file, "Is a directory"), "one", "two"]

    def test_because_its_directory_is_a_file_is_reported_once(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        file.touch()
        screen = Screen()
        log = begin_log(screen, file=file / "ttt.log")
        log.write(INFO, "one")
        log.write(INFO, "two")
        assert number_of_reports(screen) == 1
        assert str(file / "ttt.log") in screen.lines[0]
        assert screen.lines[1:] == ["one", "two"]

    def test_because_its_name_is_none_is_reported_once(self, begin_log: BeginLog) -> None:
        screen = Screen()
        log = begin_log(screen, file=Path("no\0name"))
        log.write(INFO, "one")
        trouble, line = screen.lines
        assert "cannot be written: " in trouble
        assert "embedded null" in trouble  # the rest of it depends on the Python
        assert line == "one"


class TestAFileThatCannotBeWritten:
    def test_is_reported_once_and_the_console_goes_on(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        screen = Screen()
        log = begin_log(screen, file=file)
        with no_room_past(0):
            log.write(INFO, "one")
            log.write(INFO, "two")
            log.write(INFO, "three")
        assert screen.lines == [report(file, "File too large"), "one", "two", "three"]

    def test_is_written_again_when_there_is_room_again(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        log = begin_log(file=file)
        log.write(INFO, "before")
        with no_room_past(file.stat().st_size):
            for line in NUMBERED:
                log.write(INFO, line)
        log.write(INFO, "after")
        assert messages(file) == ["before", "after"]

    def test_begins_a_new_line_after_one_that_found_half_its_room(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        log = begin_log(file=file)
        with no_room_past(10):
            log.write(INFO, "lost")
            log.write(INFO, "lost")
        log.write(INFO, "after")
        half, whole = file.read_text().splitlines()
        assert len(half) == 10
        assert whole.endswith("INFO: after")

    def test_is_reported_again_when_it_fails_again(self, begin_log: BeginLog, file: Path) -> None:
        screen = Screen()
        log = begin_log(screen, file=file)
        for _ in range(2):
            with no_room_past(file.stat().st_size):
                log.write(INFO, "in need")
                log.write(INFO, "in need")
            log.write(INFO, "in peace")
        trouble = [report(file, "File too large"), "in need", "in need", "in peace"]
        assert screen.lines == trouble * 2

    def test_ends_nothing_while_another_file_is_in_the_place_of_its_directory(
        self, begin_log: BeginLog, tmp_path: Path
    ) -> None:
        screen = Screen()
        file = tmp_path / "logs" / "ttt.log"
        log = begin_log(screen, file=file)
        shutil.rmtree(file.parent)
        file.parent.touch()
        log.write(INFO, "one")
        log.write(INFO, "two")
        file.parent.unlink()
        log.write(INFO, "three")
        assert screen.lines == [report(file, "Not a directory"), "one", "two", "three"]
        assert messages(file) == ["three"]

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    def test_lets_the_log_be_closed_in_peace(self, begin_log: BeginLog) -> None:
        screen = Screen()
        log = begin_log(screen, file=Path("/dev/full"))
        log.write(INFO, "one")
        log.write(INFO, "two")
        log.close()
        full = report(Path("/dev/full"), "No space left on device")
        assert screen.lines == [full, "one", "two"]


class TestAClosedLog:
    def test_writes_no_more(self, begin_log: BeginLog, file: Path) -> None:
        screen = Screen()
        log = begin_log(screen, file=file)
        log.write(INFO, "before")
        log.close()
        log.write(INFO, "after")
        assert screen.lines == ["before"]
        assert messages(file) == ["before"]

    def test_can_be_closed_again(self, begin_log: BeginLog, file: Path) -> None:
        log = begin_log(file=file)
        log.close()
        log.close()

    def test_does_not_mind_that_the_file_is_gone(self, begin_log: BeginLog, file: Path) -> None:
        log = begin_log(file=file)
        file.unlink()
        log.close()

    def test_has_nothing_in_common_with_the_next(self, begin_log: BeginLog, file: Path) -> None:
        first, second = Screen(), Screen()
        begin_log(first, file=file).write(INFO, "first")
        begin_log(second, file=file.with_name("second.log")).write(INFO, "second")
        assert first.lines == ["first"]
        assert second.lines == ["second"]
        assert messages(file) == ["first"]
