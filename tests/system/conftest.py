import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.process import Shell
from tests.system.visitors import Visitors


@pytest.fixture(autouse=True, scope="session")
def signals_mean_what_they_do() -> None:
    """Let commands meet the signals that end them, even if whoever runs the tests ignores them.

    So it is under nohup, and in a job that a shell runs in the background.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A place to start commands in, which ends them."""
    shell = Shell(tmp_path)
    yield shell
    shell.close()


@pytest.fixture
def visitors(shell: Shell) -> Iterator[Visitors]:
    """Clients whose connections are closed before the server is ended."""
    visitors = Visitors()
    yield visitors
    visitors.leave()
