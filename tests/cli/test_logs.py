import os
import re
from contextlib import suppress
from datetime import datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from tests.cli.conftest import BeginLog
from tests.cli.consoles import Screen, Terminal
from tests.cli.log_file import STAMPED, entries, messages
from ttt_cli.console import Console
from ttt_cli.logs import MOST_LINES, Log, LogSettings
from ttt_cli.render import DEBUG, ERROR, INFO, LEVELS, WARNING, shown
from ttt_net.events import ClientConnected, Listening, MatchFailed, PortReserved

COLOR = re.compile(r"\x1b\[[0-9;]*m")

AWKWARD = [
    "{",
    "}",
    "{}",
    "{0}",
    "{message}",
    "{time!r:>{width}}",
    "<red>red</red>",
    "</level>",
    "<",
    r"\<red>",
    "%s %(x)d %",
    shown(b"a\n[2026-11-22 20:22:44] INFO: forged {0} <red>\x1b[31m\\"),
]


class TestALine:
    def test_in_the_file_has_the_time_and_the_level(self, begin_log: BeginLog, file: Path) -> None:
        begin_log(file=file).write(WARNING, "Look out")
        match = STAMPED.fullmatch(file.read_text())
        assert match
        assert str(datetime.fromisoformat(match[1])) == match[1]
        assert match[2] == "WARNING"
        assert match[3] == "Look out"

    def test_on_the_console_is_the_message(self, begin_log: BeginLog) -> None:
        screen = Screen()
        begin_log(screen).write(INFO, "Here we are")
        assert screen.getvalue() == "Here we are\n"

    def test_goes_to_stderr_if_no_other_console_is_named(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        log = Log(LogSettings(None, INFO, max_bytes=1, keep=0), Console())
        log.write(INFO, "Here we are")
        log.close()
        assert capsys.readouterr() == ("", "Here we are\n")

    def test_tells_of_an_event(self, begin_log: BeginLog, file: Path) -> None:
        screen = Screen()
        log = begin_log(screen, file=file)
        log.emit(PortReserved(8080))
        log.emit(Listening(8080))
        log.flush()
        assert screen.lines == ["Reserved port 8080", "Listening to port 8080"]
        assert messages(file) == screen.lines

    def test_is_kept_until_it_is_time_to_write(self, begin_log: BeginLog, file: Path) -> None:
        screen = Screen()
        log = begin_log(screen, file=file)
        said: list[tuple[str, str]] = []
        for number in range(4):
            log.emit(PortReserved(number))
            log.emit(MatchFailed(number, number + 1))
            log.emit(Listening(number))
            said += [
                ("INFO", f"Reserved port {number}"),
                (
                    "WARNING",
                    f"Player {number} went before the game with player {number + 1} began",
                ),
                ("INFO", f"Listening to port {number}"),
            ]
        assert (screen.lines, messages(file)) == ([], [])
        log.flush()
        assert screen.lines == [words for _, words in said]
        assert entries(file) == said

    def test_is_written_with_all_before_it_when_there_are_too_many_to_keep(
        self, begin_log: BeginLog
    ) -> None:
        screen = Screen()
        log = begin_log(screen)
        for port in range(MOST_LINES - 1):
            log.emit(PortReserved(port))
        assert screen.lines == []
        log.emit(Listening(1))
        assert len(screen.lines) == MOST_LINES

    def test_that_is_kept_comes_before_one_that_is_written_now_and_at_the_end(
        self, begin_log: BeginLog
    ) -> None:
        screen = Screen()
        log = begin_log(screen)
        log.emit(PortReserved(1))
        log.write(ERROR, "now")
        log.emit(PortReserved(2))
        log.close()
        assert screen.lines == ["Reserved port 1", "now", "Reserved port 2"]

    @pytest.mark.parametrize("is_terminal", [False, True])
    @pytest.mark.parametrize("text", AWKWARD)
    def test_says_what_it_was_given_whatever_it_is(
        self, begin_log: BeginLog, file: Path, text: str, *, is_terminal: bool
    ) -> None:
        screen = Screen(is_terminal=is_terminal)
        begin_log(screen, file=file).write(ERROR, text)
        assert COLOR.sub("", screen.getvalue()) == f"{text}\n"
        assert messages(file) == [text]

    def test_with_half_a_character_is_written_all_the_same(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        begin_log(file=file).write(INFO, "half \udce9 whole é")
        assert messages(file) == ["half \\udce9 whole é"]

    def test_that_the_console_cannot_show_does_not_stop_the_next(self, file: Path) -> None:
        paper = BytesIO()
        with TextIOWrapper(paper, encoding="ascii") as console:
            log = Log(LogSettings(file, INFO, max_bytes=1000, keep=0), Console(console))
            log.write(INFO, "é")
            log.write(INFO, "e")
            log.close()
            assert paper.getvalue() == b"e\n"
        assert messages(file) == ["é", "e"]


class TestTheLevel:
    @pytest.mark.parametrize("least", LEVELS)
    def test_is_the_least_for_the_console_and_the_file(
        self, begin_log: BeginLog, file: Path, least: str
    ) -> None:
        screen = Screen()
        log = begin_log(screen, file=file, level=least)
        for level in LEVELS:
            log.write(level, f"A line at {level}")
        at_least = LEVELS[LEVELS.index(least) :]
        assert screen.lines == [f"A line at {level}" for level in at_least]
        assert messages(file) == screen.lines

    def test_keeps_probes_out_of_an_ordinary_log(self, begin_log: BeginLog) -> None:
        screen = Screen()
        log = begin_log(screen)
        log.emit(ClientConnected(1, "192.0.2.1:4711", probe=True))
        assert screen.lines == []


class TestColor:
    def test_tells_the_levels_apart_on_a_terminal(self, begin_log: BeginLog) -> None:
        screen = Screen(is_terminal=True)
        log = begin_log(screen, level=DEBUG)
        for level in LEVELS:
            log.write(level, "The same")
        assert [COLOR.sub("", line) for line in screen.lines] == ["The same"] * len(LEVELS)
        assert len(set(screen.lines)) == len(LEVELS)
        assert all(line.endswith("\x1b[0m") for line in screen.lines)

    def test_comes_out_on_a_real_terminal(self, terminal: Terminal) -> None:
        output = terminal.open_for_writing()
        with output.stream as console:
            log = Log(LogSettings(None, INFO, max_bytes=1, keep=0), Console(console))
            log.write(ERROR, "Red")
            log.close()
            text = output.read_until("\n")
        assert COLOR.findall(text)
        assert COLOR.sub("", text) == "Red\r\n"

    def test_stays_off_what_is_no_terminal(self, begin_log: BeginLog) -> None:
        screen = Screen(is_terminal=False)
        begin_log(screen).write(ERROR, "Plain")
        assert screen.getvalue() == "Plain\n"

    def test_stays_off_if_the_operator_wants_none(self, begin_log: BeginLog) -> None:
        screen = Screen(is_terminal=True)
        begin_log(screen, color=False).write(ERROR, "Plain")
        assert screen.getvalue() == "Plain\n"

    def test_stays_off_under_no_color(
        self, begin_log: BeginLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_COLOR", "1")
        screen = Screen(is_terminal=True)
        begin_log(screen).write(ERROR, "Plain")
        assert screen.getvalue() == "Plain\n"

    def test_is_allowed_by_an_empty_no_color(
        self, begin_log: BeginLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_COLOR", "")
        screen = Screen(is_terminal=True)
        begin_log(screen).write(ERROR, "Red")
        assert COLOR.findall(screen.getvalue())

    def test_never_gets_into_the_file(self, begin_log: BeginLog, file: Path) -> None:
        begin_log(Screen(is_terminal=True), file=file).write(ERROR, "Plain")
        assert messages(file) == ["Plain"]


class TestAConsoleThatIsGone:
    def test_ends_nothing_if_it_was_closed(self, begin_log: BeginLog, file: Path) -> None:
        screen = Screen()
        log = begin_log(screen, file=file)
        screen.close()
        log.write(INFO, "one")
        log.write(INFO, "two")
        assert messages(file) == ["one", "two"]

    def test_ends_nothing_if_nobody_reads_it(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        console = os.fdopen(writer, "w")
        log = Log(LogSettings(file, INFO, max_bytes=1000, keep=0), Console(console))
        log.write(INFO, "one")
        log.write(INFO, "two")
        log.close()
        with suppress(BrokenPipeError):  # what is still in the buffer has nowhere to go
            console.close()
        assert messages(file) == ["one", "two"]
        assert capsys.readouterr() == ("", "")

    def test_ends_nothing_if_the_file_cannot_be_had_either(
        self, begin_log: BeginLog, tmp_path: Path
    ) -> None:
        screen = Screen()
        screen.close()
        log = begin_log(screen, file=tmp_path, color=False)
        log.write(INFO, "Nobody reads this")
        assert not list(tmp_path.iterdir())
