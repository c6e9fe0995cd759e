"""docs/reliability.md: each test that it names is there, and each promise names one."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
PROMISES, MEASURED = PAGE.split("## The floods", 1)
ROWS = [
    line.split("|")[1:-1]
    for line in PROMISES.splitlines()
    if line.startswith("|") and not line.startswith(("| promise |", "| ---"))
]
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+?)::([\w:]+)`", PAGE)))


@cache
def defined_in(path: str) -> set[str]:
    """What there is in the file, as pytest names it: functions, classes, and what is in these."""
    found = set()
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}::{n.name}" for n in node.body if isinstance(n, ast.FunctionDef)
            }
    return found


def test_the_page_promises_something() -> None:
    assert len(ROWS) > 30


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_each_promise_names_what_holds_it_and_nothing_else(row: list[str]) -> None:
    _, _, held_by = row
    assert re.fullmatch(r" `tests/[\w/.]+(::\w+)+`(, `tests/[\w/.]+(::\w+)+`)* ", held_by)


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_what_it_names_is_there(path: str, name: str) -> None:
    assert name in defined_in(path)
