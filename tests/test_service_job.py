"""The upstart job: its stanzas, and its exec line run as it is written.

There may be no upstart where the tests run, so the stanzas are read here, and what they
promise of the server (exit codes, times, the terminal) is held against the server itself.
"""

import os
import re
import shlex
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from ttt_net import Limits, listen, port_of

ROOT = Path(__file__).parent.parent
JOB = ROOT / "ttt-service.conf"
MANUAL = ROOT / "docs" / "manual.md"
LINES = [line for line in JOB.read_text("utf-8").splitlines() if line and line[0] != "#"]
STANZAS = [shlex.split(line) for line in LINES]

INSTALLED_JOB = "/etc/init/ttt-service.conf"
INSTALLED = Path(sysconfig.get_path("scripts"), "ttt")
PATIENCE = 60.0
"""Seconds after which a command that neither speaks nor ends is killed: the test fails."""

SHELL_SIGNS = frozenset("~`!$^&*()=|\\{}[];\"'<>?")
"""Upstart hands a command that holds one of these to a shell."""


def stanza(*head: str) -> list[str]:
    """Return what follows `head` in the one stanza that begins with it."""
    (rest,) = [words[len(head) :] for words in STANZAS if words[: len(head)] == list(head)]
    return rest


def environment() -> Mapping[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TTT_")}
    (name, value) = stanza("env")[0].split("=")
    return {**ours, name: value}


@contextmanager
def started(arguments: Sequence[str], directory: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [INSTALLED, *arguments],
        cwd=directory,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        watchdog = Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            process.kill()
            watchdog.cancel()
            watchdog.join()


def exit_code(arguments: Sequence[str], directory: Path) -> int:
    with started(arguments, directory) as process:
        process.communicate()
        return process.returncode


class TestTheStanzas:
    def test_it_starts_when_the_system_is_up_and_stops_when_it_goes_down(self) -> None:
        assert stanza("start", "on") == ["runlevel", "[2345]"]
        assert stanza("stop", "on") == ["runlevel", "[!2345]"]

    def test_it_is_respawned_for_ever_with_a_pause_after_each_run(self) -> None:
        assert ["respawn"] in STANZAS
        assert stanza("respawn", "limit") == ["unlimited"]
        assert stanza("post-stop") == ["exec", "sleep", "1"]

    def test_only_a_usage_error_is_a_normal_exit(self) -> None:
        assert stanza("normal", "exit") == ["2"]

    def test_it_runs_as_its_own_user_in_its_own_directory(self) -> None:
        assert stanza("setuid") == ["ttt"]
        assert stanza("setgid") == ["ttt"]
        assert stanza("chdir") == ["/var/lib/ttt"]

    def test_its_console_is_kept_and_not_coloured(self) -> None:
        assert stanza("console") == ["log"]
        assert stanza("env") == ["NO_COLOR=1"]

    def test_many_files_may_be_open(self) -> None:
        assert stanza("limit", "nofile") == ["65536", "65536"]

    def test_it_is_killed_only_after_the_server_has_had_its_time_to_stop(self) -> None:
        (seconds,) = stanza("kill", "timeout")
        limits = Limits()
        assert int(seconds) >= 5
        assert int(seconds) > limits.drain + limits.stopping + 1

    def test_it_says_what_it_is_and_whose(self) -> None:
        assert stanza("description") == ["Tic-Tac-Toe game server"]
        assert stanza("author") == ["The ttt maintainers"]

    def test_there_is_no_other_stanza_and_none_twice(self) -> None:
        assert sorted(words[0] for words in STANZAS) == [
            *("author", "chdir", "console", "description", "env", "exec", "kill", "limit"),
            *("normal", "post-stop", "respawn", "respawn", "setgid", "setuid", "start", "stop"),
        ]

    def test_no_shell_is_needed(self) -> None:
        commands = [line for line in LINES if "exec" in line.split()]
        assert len(commands) == 2
        assert [SHELL_SIGNS & set(command) for command in commands] == [set(), set()]


class TestTheExecLine:
    def test_it_names_the_command_by_an_absolute_path(self) -> None:
        command, *arguments = stanza("exec")
        assert command == "/opt/ttt/bin/ttt"
        assert arguments == ["serve", "--port", "8080"]

    def test_it_runs_as_written(self, tmp_path: Path) -> None:
        said: list[str] = []
        with started(stanza("exec")[1:], tmp_path) as process:
            assert process.stderr is not None
            for line in process.stderr:
                said.append(line)
                if "Listening to port 8080" in line:
                    process.terminate()
            process.wait()
        if "Listening to port 8080\n" in said:
            assert process.returncode == 0
        else:  # another program has the port: the line was understood all the same
            assert process.returncode == 1
            assert "port 8080" in said[-1]
        assert (tmp_path / "ttt_server.log").is_file()

    def test_the_command_in_the_manual_changes_it_and_no_other(self) -> None:
        commands = re.findall(r"^sed -i .*$", MANUAL.read_text("utf-8"), re.MULTILINE)
        (change,) = [words[2] for words in map(shlex.split, commands) if words[3] == INSTALLED_JOB]
        changed = subprocess.check_output(["sed", change, JOB], text=True).splitlines()
        before = JOB.read_text("utf-8").splitlines()
        differences = [pair for pair in zip(before, changed, strict=True) if pair[0] != pair[1]]
        assert len(differences) == 1
        old, new = differences[0]
        assert old == "exec /opt/ttt/bin/ttt serve --port 8080"
        assert re.fullmatch(r"exec /[^ ]+/ttt serve --port [0-9]+", new)

    def test_a_taken_port_is_tried_again_with_one_line_for_each_try(self, tmp_path: Path) -> None:
        (holder,) = listen(0)
        with holder:
            arguments = ["serve", "--port", str(port_of(holder))]
            codes = [exit_code(arguments, tmp_path) for _ in range(3)]
        assert codes == [1] * 3
        assert "1" not in stanza("normal", "exit")
        lines = (tmp_path / "ttt_server.log").read_text().splitlines()
        assert len(lines) == 3
        assert all("ERROR: Cannot reserve port " in line for line in lines)

    @pytest.mark.parametrize("arguments", [["serve"], ["serve", "--port", "808O"], ["sevre"]])
    def test_a_line_that_is_not_understood_is_not_tried_again(
        self, arguments: list[str], tmp_path: Path
    ) -> None:
        assert str(exit_code(arguments, tmp_path)) in stanza("normal", "exit")
