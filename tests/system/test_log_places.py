"""Where the log is written: options, colours, moved and broken files, a console that is gone."""

import re
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.system.process import Running, Shell
from tests.system.visitors import Visitors

NOT_WRITTEN = "ERROR: The log file {} cannot be written: .* The server goes on.\n"


def meet(server: Running, port: int, visitors: Visitors) -> int:
    """Have a player come and go, and that be shown and written; return its number."""
    visitor = visitors.confirmed(port)
    visitor.say(b"q")
    server.expect(f"Player {visitor.number} has left: said quit\n")
    assert visitor.rest() == b""
    return visitor.number


def stop(server: Running, visitors: Visitors) -> None:
    visitors.leave()
    assert server.stop(signal.SIGTERM) == 0


def files_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


class TestOptions:
    @pytest.mark.parametrize("by", ["option", "environment"])
    def test_the_file_may_be_another(self, by: str, shell: Shell) -> None:
        if by == "option":
            server = shell.start("serve", "--port", "0", "--log-file", "other.txt")
        else:
            server = shell.start("serve", TTT_SERVE_PORT="0", TTT_SERVE_LOG_FILE="other.txt")
        server.listening()
        assert server.stop(signal.SIGTERM) == 0
        assert files_in(shell.directory) == ["other.txt"]
        assert len((shell.directory / "other.txt").read_text().splitlines()) == len(server.lines)

    @pytest.mark.parametrize("by", ["option", "environment"])
    def test_there_may_be_no_file(self, by: str, shell: Shell) -> None:
        if by == "option":
            server = shell.start("serve", "--port", "0", "--no-log-file")
        else:
            server = shell.start("serve", TTT_SERVE_PORT="0", TTT_SERVE_NO_LOG_FILE="1")
        server.listening()
        assert server.stop(signal.SIGTERM) == 0
        assert files_in(shell.directory) == []

    @pytest.mark.parametrize("variable", ["LOGURU_SERIALIZE", "LOGURU_FILTER"])
    def test_what_the_environment_tells_loguru_is_meant_for_others(
        self, variable: str, shell: Shell
    ) -> None:
        server = shell.start("serve", "--port", "0", **{variable: "1"})
        port = server.listening()
        assert server.stop(signal.SIGTERM) == 0
        log = (shell.directory / "ttt_server.log").read_text()
        assert f"INFO: Listening to port {port}\n" in log

    def test_what_the_environment_tells_loguru_of_levels_hides_none(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0", LOGURU_INFO_NO="60")
        visitors.confirmed(server.listening()).say(b"!")
        server.expect("Player 1 is put out for an unexpected message .*\n")
        stop(server, visitors)

    @pytest.mark.parametrize("by", ["option", "environment"])
    def test_the_least_level_holds_for_the_console_and_for_the_file(
        self, by: str, shell: Shell, visitors: Visitors
    ) -> None:
        # There is no line that tells of its port: it gets one that has been opened already.
        with socket.create_server(("127.0.0.1", 0)) as door:
            if by == "option":
                server = shell.start_activated(door, "serve", "--log-level", "Warning")
            else:
                server = shell.start_activated(door, "serve", TTT_SERVE_LOG_LEVEL="WARNING")
            visitors.confirmed(door.getsockname()[1]).say(b"?")
            server.expect("^Player 1 is put out for an unexpected message .*\n$")
            stop(server, visitors)
        assert len(server.lines) == len(shell.log_lines) == 1

    def test_a_file_that_is_full_is_moved_aside_and_so_many_are_kept(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        size = 1_000_000
        shell.log.write_bytes(b"." * size)
        server = shell.start("serve", "--port", "0", "--log-max-size", "1", "--log-keep", "2")
        port = server.listening()
        for _ in range(3):
            assert shell.log.stat().st_size < size
            with shell.log.open("ab") as log:
                log.write(b"." * size)
            meet(server, port, visitors)
        stop(server, visitors)
        aside = [path for path in shell.directory.iterdir() if path != shell.log]
        assert len(aside) == 2
        assert all(path.stat().st_size > size for path in aside)
        assert len(shell.log_lines) == 4


class TestColors:
    def test_a_terminal_has_them_by_level_and_the_file_has_none(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start_on_terminal("serve", "--port", "0", "--log-level", "DEBUG")
        port = server.listening()
        visitors.connect(port).sock.close()
        server.expect("Player 1 has left")
        visitors.confirmed(port).say(b"?")
        server.expect("Player 2 is put out .*\n")
        stop(server, visitors)
        colors = {
            word: re.search(rf"^((?:\x1b\[\d+m)+){word}.*\x1b\[0m$", server.raw, re.MULTILINE)
            for word in ("Listening", "Player 1 has left", "Player 2 is put out")
        }
        assert len({found[1] for found in colors.values() if found}) == 3
        assert "\x1b" not in shell.log.read_text()

    @pytest.mark.parametrize(
        ("arguments", "environment"),
        [
            (["--no-color"], {}),
            ([], {"NO_COLOR": "1"}),
            ([], {"TTT_SERVE_NO_COLOR": "1"}),
        ],
        ids=str,
    )
    def test_a_terminal_has_none_where_none_are_wanted(
        self, arguments: list[str], environment: dict[str, Any], shell: Shell
    ) -> None:
        server = shell.start_on_terminal("serve", "--port", "0", *arguments, **environment)
        server.listening()
        assert "\x1b" not in server.raw

    def test_a_pipe_has_none(self, shell: Shell) -> None:
        server = shell.start("serve", "--port", "0")
        server.listening()
        assert "\x1b" not in server.raw


class TestTrouble:
    def test_after_the_file_is_moved_away_the_next_line_begins_a_new_one(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0")
        port = server.listening()
        assert meet(server, port, visitors) == 1
        before = shell.log_lines
        aside = shell.log.rename(shell.directory / "ttt_server.log.1")
        assert meet(server, port, visitors) == 2
        stop(server, visitors)
        assert aside.read_text().splitlines() == before
        assert [line.partition(": ")[2] for line in shell.log_lines] == server.lines[4:]

    @pytest.mark.parametrize("place", ["directory", "directory/file/log"])
    def test_a_file_that_cannot_be_opened_is_told_of_once_and_the_server_serves(
        self, place: str, shell: Shell, visitors: Visitors
    ) -> None:
        (shell.directory / "directory").mkdir()
        (shell.directory / "directory" / "file").touch()
        server = shell.start("serve", "--port", "0", "--log-file", place)
        server.expect(f"^{NOT_WRITTEN.format(place)}Reserved port .*\n")
        visitors.game(server.listening()).play(5)
        stop(server, visitors)
        assert server.text.count("cannot be written") == 1

    def test_a_file_that_cannot_be_written_is_told_of_once_and_the_server_serves(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0", "--log-file", "/dev/full")
        port = server.listening()
        visitors.game(port).play(5)
        for _ in range(20):
            meet(server, port, visitors)
        stop(server, visitors)
        assert len(re.findall(NOT_WRITTEN.format("/dev/full"), server.text)) == 1
        assert server.text.count("cannot be written") == 1
        assert "Traceback" not in server.text
        assert len(server.lines) == 1 + 2 + 2 + 2 + 2 * 20 + 2

    def test_a_console_that_nobody_reads_any_more_is_no_trouble(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0")
        port = server.listening()
        server.look_away()
        visitors.game(port).play(5)
        stop(server, visitors)
        logged = shell.log.read_text()
        assert "Player 2 beats player 1 and finishes the game." in logged
        assert logged.endswith("INFO: The server has stopped\n")
