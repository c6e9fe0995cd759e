"""The files of docs/deploy, and what is read out of them."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
MANUAL = (ROOT / "docs" / "manual.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")

INSTALLED = "/opt/ttt/bin/ttt"
"""Where the manual installs the command."""


def text_of(name: str) -> str:
    return (DEPLOY / name).read_text("utf-8")


def settings(name: str) -> dict[str, list[str]]:
    """Return the settings of a unit: each name with its values in their order."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^([A-Za-z]+)=(.*)$", text_of(name), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def words(command: str) -> list[str]:
    return shlex.split(command)
