from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.process import Shell
from tests.system.visitors import Visitors


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
