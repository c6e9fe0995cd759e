"""Tools of the system that some tests need, and that may be missing."""

import os
import shutil
import subprocess
from pathlib import Path

_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
"""Some are meant for root, and not everybody has their directory in the path."""

PATIENCE = 60.0
"""Seconds after which a tool that has not ended has failed its test."""


def path_of(name: str) -> str | None:
    """Return where the tool of that name is, if it is there."""
    return shutil.which(name, path=_PATH)


def run(name: str, *arguments: str, directory: Path) -> tuple[int, str]:
    """Run a tool in `directory`; return its exit code and all that it says."""
    path = path_of(name)
    assert path is not None
    done = subprocess.run(
        [path, *arguments],
        check=False,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout
