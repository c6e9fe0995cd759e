"""Places for a log, and ends of a console, that nobody would choose but somebody has."""

import fcntl
import os
import select
import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.conftest import BeginLog
from tests.cli.consoles import Screen
from tests.cli.log_file import no_room_past, number_of_reports
from tests.cli.serving import ANYWHERE, serve, stopping_screen
from ttt_cli.console import Console
from ttt_cli.logs import Log, LogSettings
from ttt_cli.render import DEBUG, INFO

pytestmark = pytest.mark.usefixtures("signals")


def settings(file: Path | None) -> LogSettings:
    return LogSettings(file, INFO, max_bytes=1000, keep=0)


class TestTheFile:
    def test_is_reported_once_though_lines_below_the_level_come_between(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        screen = Screen()
        log = begin_log(screen, file=file, level=INFO)
        with no_room_past(0):
            for _ in range(3):
                log.write(INFO, "seen")
                log.write(DEBUG, "a probe, below the level")
        assert number_of_reports(screen) == 1

    @pytest.mark.parametrize(
        "name", ["game{b}.log", "{time.x}.log", "{0}.log", "a{.log", "{time}"]
    )
    def test_may_have_braces_in_its_name(self, tmp_path: Path, name: str) -> None:
        assert serve(*ANYWHERE, "--log-file", name, screen=stopping_screen()) == 0
        assert [path.name for path in tmp_path.iterdir()] == [name]

    def test_is_moved_aside_without_touching_what_others_have_there(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        others = [file.with_name(name) for name in ("ttt_server.8081.log", "ttt_server.log.1.gz")]
        for other in others:
            other.write_text("not ours")
        log = begin_log(Screen(), file=file, max_bytes=100, keep=1)
        for number in range(20):
            log.write(INFO, f"line {number}")
        assert [other.read_text() for other in others] == ["not ours", "not ours"]
        assert len(list(file.parent.iterdir())) == len([file, "moved aside", *others])

    def test_may_be_a_pipe_which_is_never_moved_aside(self, begin_log: BeginLog) -> None:
        ours, theirs = os.pipe()
        log = begin_log(Screen(), file=Path(f"/dev/fd/{theirs}"), max_bytes=1, keep=1)
        log.write(INFO, "one")
        log.write(INFO, "two")
        log.close()
        os.close(theirs)
        with os.fdopen(ours) as pipe:
            assert [line.partition("] ")[2] for line in pipe] == ["INFO: one\n", "INFO: two\n"]

    def test_may_be_a_pipe_that_nobody_reads(self, begin_log: BeginLog, file: Path) -> None:
        os.mkfifo(file)
        screen = Screen()
        begin_log(screen, file=file).write(INFO, "one")
        assert number_of_reports(screen) == 1

    def test_is_not_looked_at_if_none_is_wanted(self, file: Path) -> None:
        file.mkdir()
        assert serve(*ANYWHERE, "--no-log-file", screen=stopping_screen()) == 0

    def test_does_not_keep_the_server_from_running_if_it_is_a_directory(self, file: Path) -> None:
        file.mkdir()
        assert serve(*ANYWHERE, screen=stopping_screen()) == 0


class TestTheConsole:
    def test_takes_as_many_lines_at_once_as_there_is_room_for(self) -> None:
        lines = [f"line {number}\n" for number in range(2000)]
        lines[700] = "long " * 2000 + "\n"
        ours, theirs = os.pipe()
        with os.fdopen(theirs, "w") as pipe, os.fdopen(ours) as reader:
            fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 1 << 20)
            console = Console(pipe)
            console.write("".join(lines))
            console.close()
            pipe.close()
            assert reader.readlines() == lines

    def test_leaves_out_whole_lines_when_the_room_is_over(self) -> None:
        ours, theirs = os.pipe()
        with os.fdopen(theirs, "w") as pipe, os.fdopen(ours) as reader:
            room = fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4 * select.PIPE_BUF)
            console = Console(pipe)
            console.write("word\n" * room)
            written = [reader.readline() for _ in range(room // 5 - 10)]
            assert set(written) == {"word\n"}
            console.write("after\n")
            console.close()
            pipe.close()
            rest = reader.readlines()
            assert {*rest[:-2]} <= {"word\n"}
            missing = room - len(written) - len(rest) + 2
            assert rest[-2:] == [f"({missing} lines were left out here)\n", "after\n"]

    def test_is_not_waited_for_and_says_later_how_much_it_missed(self) -> None:
        ours, theirs = os.pipe()
        with os.fdopen(theirs, "w") as pipe, os.fdopen(ours) as reader:
            console = Console(pipe)
            room = fcntl.fcntl(theirs, fcntl.F_GETPIPE_SZ)
            os.write(theirs, b"." * (room - 1) + b"\n")
            console.write("lost\n")
            console.write("lost too\nand this\n")
            reader.readline()
            console.write("seen\n")
            assert reader.readline() == "(3 lines were left out here)\n"
            assert reader.readline() == "seen\n"
            console.close()

    def test_may_not_be_there(self, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
        monkeypatch.setattr(sys, "stderr", None)
        log = Log(settings(file), Console())
        log.write(INFO, "one")
        log.close()
        assert "one" in file.read_text()

    def test_may_be_closed_before_the_log_begins(self, file: Path) -> None:
        console = StringIO()
        console.close()
        log = Log(settings(file), Console(console))
        log.write(INFO, "one")
        log.close()
        assert "one" in file.read_text()


def test_an_event_that_cannot_be_put_into_words_is_told_of_all_the_same(
    begin_log: BeginLog,
) -> None:
    screen = Screen()
    log = begin_log(screen)
    log.emit(object())  # type: ignore[arg-type]
    log.flush()
    assert screen.getvalue().startswith("object cannot be put into words: KeyError(")
