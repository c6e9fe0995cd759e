"""Runs the installed `ttt`, on a pipe or on a terminal, reads what it says, and ends it."""

import os
import pty
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.cli.screens import visible
from tests.cli.windows import resize

COMMAND = str(Path(sys.executable).with_name("ttt"))
"""The command that is installed beside the interpreter that runs the tests."""

PATIENCE = 30.0
"""Seconds after which a command that should have said something has failed its test."""

LAST_WORDS = 25.0
"""Seconds after which a command that should have ended has failed its test."""

CTRL_C = "\x03"
CTRL_D = "\x04"
CTRL_Z = "\x1a"

_FOREIGN = (
    *("TTT_", "COV_", "COVERAGE_", "NO_COLOR", "FORCE_COLOR"),
    *("NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_", "JOURNAL_STREAM"),
)
"""Settings of whoever runs the tests that the command is not to meet."""

ON_ITS_TERMINAL = ': <>"$0"; exec "$@"'
"""A session without a terminal gets the one that it opens: there Ctrl-C is a signal."""

_PASS_ON = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="ttt.socket")
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Starts a command with a socket as systemd does (sd_listen_fds(3))."""

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


class Running:
    """A command that has been started: its console, its keyboard and its end."""

    def __init__(self, process: subprocess.Popen[bytes], console: int) -> None:
        self._process = process
        self._console = console
        self._heard = b""
        self._seen = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def raw(self) -> str:
        """All that has been written on the console; each byte is one character."""
        return self._heard.decode("latin-1").replace("\r\n", "\n")

    @property
    def text(self) -> str:
        """What of it there is to read: the colours are no words."""
        return _COLOR.sub("", self.raw)

    def window(self, columns: int) -> list[str]:
        """What a window of so many columns shows; the line of the cursor comes last."""
        return visible(self._heard.decode("utf-8", "replace").replace("\r\n", "\n"), columns)

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")[:-1]

    def expect(self, pattern: str) -> re.Match[str]:
        """Read on until `pattern` appears, after whatever was expected before."""
        deadline = time.monotonic() + PATIENCE
        while (found := re.search(pattern, self.text[self._seen :])) is None:
            assert self._read(deadline), f"{pattern!r} does not come after {self.text!r}"
        self._seen += found.end()
        return found

    def listening(self) -> int:
        """Wait until clients can connect, and return the port."""
        return int(self.expect(r"Listening to port (\d+)\n")[1])

    def type(self, keys: str) -> None:
        """Press `keys` on the keyboard of the terminal."""
        os.write(self._console, keys.encode())

    def resize(self, columns: int) -> None:
        """Give the window of the terminal so many columns."""
        resize(self._console, columns)

    def answer(self, question: str, keys: str) -> None:
        """Press `keys` once `question` has been asked and an answer is being waited for.

        That is a little later: Python would lose a Ctrl-C that comes after the words and
        before the reading. No person is as fast as that.
        """
        self.expect(question)
        deadline = time.monotonic() + PATIENCE
        while not self._sleeps():
            assert time.monotonic() < deadline
            time.sleep(0.002)
        self.type(keys)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Read until it has ended; return the exit code."""
        deadline = time.monotonic() + LAST_WORDS
        self.look(deadline)
        return self._process.wait(max(0.0, deadline - time.monotonic()))

    def stop(self, number: int) -> int:
        """End it with a signal; return the exit code."""
        self.signal(number)
        return self.wait()

    def look(self, until: float = 0.0) -> None:
        """Read what has been written on the console by now, or what is until then or its end."""
        while self._read(until):
            pass

    def look_away(self) -> None:
        """Close our end of the console: what is written there meets a broken pipe."""
        os.close(self._console)
        self._console = -1

    def kill(self) -> None:
        """End it if it has not ended."""
        self._process.kill()
        self._process.wait()
        if self._console >= 0:
            self.look_away()

    def _sleeps(self) -> bool:
        """Whether it is blocked in a call; where the system cannot tell, say that it is."""
        state = Path(f"/proc/{self.pid}/stat")
        return not state.exists() or ") S " in state.read_text("latin-1")

    def _read(self, deadline: float) -> bool:
        """Read what comes next; False at the end of the console or of our patience."""
        left = max(0.0, deadline - time.monotonic())
        if self._console < 0 or not select.select([self._console], [], [], left)[0]:
            return False
        try:
            data = os.read(self._console, 65536)
        except OSError:  # nobody holds the other end of the terminal any more
            return False
        self._heard += data
        return bool(data)


class Shell:
    """Starts commands in one directory, and ends those that are still running."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._running: list[Running] = []

    @property
    def log(self) -> Path:
        """Where `ttt serve` logs unless it is told otherwise."""
        return self.directory / "ttt_server.log"

    @property
    def log_lines(self) -> list[str]:
        return self.log.read_text("latin-1").split("\n")[:-1]

    def start(self, *arguments: str, **environment: str) -> Running:
        """Start `ttt` as a service: no stdin, and a pipe that reads its stderr."""
        return self._start([COMMAND, *arguments], environment)

    def start_without(self, descriptor: int, *arguments: str) -> Running:
        """Start `ttt` as a service one of whose standard streams is closed."""
        closed = f'exec "$0" "$@" {descriptor}>&-'
        return self._start(["/bin/sh", "-c", closed, COMMAND, *arguments], {})

    def start_ignoring(self, signals: str, *arguments: str, **environment: str) -> Running:
        """Start `ttt` as a service that is to ignore `signals`, until it handles them itself."""
        ignoring = f'trap \'\' {signals}; exec "$0" "$@"'
        return self._start(["/bin/sh", "-c", ignoring, COMMAND, *arguments], environment)

    def start_activated(self, sock: socket.socket, *arguments: str, **environment: str) -> Running:
        """Start `ttt` as a service that systemd passes `sock` on to."""
        number = sock.fileno()
        command = [sys.executable, "-c", _PASS_ON, str(number), COMMAND, *arguments]
        return self._start(command, environment, pass_fds=[number])

    def start_with_journal(self, *arguments: str) -> Running:
        """Start `ttt` as a service whose stderr is what systemd calls its journal."""
        journal, stderr = socket.socketpair()
        ours, theirs = journal.detach(), stderr.detach()
        status = os.fstat(theirs)
        process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.directory,
            env=_environment({"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
        )
        return self._started(process, ours, theirs)

    def start_piped(self, *arguments: str, typed: str = "") -> Running:
        """Start `ttt` with what is `typed` on a pipe, and a pipe that reads all that it says."""
        ours, theirs = os.pipe()
        end, beginning = os.pipe()
        os.write(beginning, typed.encode())
        os.close(beginning)
        process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.directory,
            env=_environment({}),
            stdin=end,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(end)
        return self._started(process, ours, theirs)

    def start_on_terminal(
        self,
        *arguments: str,
        stdin: int | None = None,
        columns: int = 80,
        script: str = ON_ITS_TERMINAL,
        **environment: str,
    ) -> Running:
        """Start `ttt` on a terminal of its own; `stdin` instead of that if it is given."""
        ours, theirs = pty.openpty()
        resize(theirs, columns)
        process = subprocess.Popen(
            ["/bin/sh", "-c", script, os.ttyname(theirs), COMMAND, *arguments],
            cwd=self.directory,
            env=_environment(environment),
            stdin=theirs if stdin is None else stdin,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        return self._started(process, ours, theirs)

    def run(self, command: Sequence[str], typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run `command` to its end, with what is `typed` on a pipe as its stdin."""
        return subprocess.run(
            command,
            check=False,
            cwd=self.directory,
            env=_environment({}),
            input=typed,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what shows in files only."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def close(self) -> None:
        for running in self._running:
            running.kill()

    def _start(
        self, command: Sequence[str], settings: dict[str, str], pass_fds: Sequence[int] = ()
    ) -> Running:
        ours, theirs = os.pipe()
        process = subprocess.Popen(
            command,
            cwd=self.directory,
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            pass_fds=pass_fds,
        )
        return self._started(process, ours, theirs)

    def _started(self, process: subprocess.Popen[bytes], ours: int, theirs: int) -> Running:
        os.close(theirs)
        self._running.append(Running(process, ours))
        return self._running[-1]


def _environment(settings: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | settings
