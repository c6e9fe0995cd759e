"""The distribution: its name, commands, dependencies, and what each package gives away."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from importlib.resources import files
from pathlib import Path

import click
import pytest

from ttt_cli.__main__ import main

ROOT = Path(__file__).parent.parent

PUBLIC = {
    "ttt_core": [
        *("LINES", "Board", "Dice", "GameOver", "IllegalMove", "InvalidBoard", "Level", "Line"),
        *("Lobby", "Mark", "NoSuchSquare", "NotYourTurn", "Outcome", "Pairing", "Referee"),
        *("Square", "SquareTaken", "Termination", "Verdict", "choose", "verdict"),
    ],
    "ttt_net": [
        *("BotSettings", "Client", "Connector", "Departure", "Emit", "Event", "Hub"),
        *("HubWithBots", "Limits", "Server", "Session", "Stage", "listen", "port_of"),
    ],
    "ttt_cli": [],
}

LOWER_BOUND = re.compile(r"([a-z-]+)>=[0-9]+(\.[0-9]+)*")

packages = pytest.mark.parametrize("package", PUBLIC)


@pytest.fixture(scope="module")
def installed() -> Distribution:
    return distribution("ttt-server")


def names_without_bounds(requirements: list[str]) -> list[str]:
    """Return the names, if each requirement is a name and a lower bound and no more."""
    found = [LOWER_BOUND.fullmatch(requirement) for requirement in requirements]
    return sorted(match[1] if match else "not a lower bound" for match in found)


def definitions(package: str) -> Iterator[tuple[str, str | None]]:
    """Yield each class and function that the modules of `package` define, and its docstring."""
    for module in files(package).iterdir():
        if module.name.endswith(".py"):
            for node in ast.parse(module.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef):
                    yield node.name, ast.get_docstring(node)


def is_ours(value: object) -> bool:
    """Tell whether it is a class, function or command of this distribution."""
    home = value.callback if isinstance(value, click.Command) else value
    return getattr(home, "__module__", "").split(".")[0] in PUBLIC


def kind_and_name(name: str) -> tuple[bool, bool, str]:
    """Sort constants first, then classes, then functions, each by name."""
    return not name.isupper(), name.islower(), name


class TestTheDistribution:
    def test_it_is_called_ttt_server(self, installed: Distribution) -> None:
        assert installed.name == "ttt-server"

    def test_its_version_is_the_one_of_the_project_file(self, installed: Distribution) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert installed.version == project["version"]

    def test_it_runs_on_python_3_11_and_later(self, installed: Distribution) -> None:
        assert installed.metadata["Requires-Python"] == ">=3.11"

    def test_it_needs_click_and_loguru_from_some_version_on(self, installed: Distribution) -> None:
        needed = [line for line in installed.requires or [] if "extra ==" not in line]
        assert names_without_bounds(needed) == ["click", "loguru"]

    def test_every_extra_has_lower_bounds_only(self, installed: Distribution) -> None:
        extra = [line.split(";")[0].strip() for line in installed.requires or [] if ";" in line]
        assert names_without_bounds(extra) == [
            *("hypothesis", "import-linter", "mypy", "prometheus-client", "prometheus-client"),
            *("pytest", "pytest-cov", "ruff"),
        ]

    def test_it_brings_its_licence(self, installed: Distribution) -> None:
        assert installed.metadata["License-Expression"] == "MIT"
        assert installed.metadata.get_all("License-File") == ["LICENSE"]

    def test_both_scripts_are_the_same_command(self, installed: Distribution) -> None:
        scripts = installed.entry_points.select(group="console_scripts")
        assert {script.name: script.load() for script in scripts} == {
            "ttt": main,
            "ttt-server": main,
        }

    def test_the_module_is_the_same_command_and_knows_its_version(
        self, installed: Distribution
    ) -> None:
        command = [sys.executable, "-m", "ttt_cli", "--version"]
        said = subprocess.check_output(command, stdin=subprocess.DEVNULL, text=True)
        assert said == f"ttt, version {installed.version}\n"


class TestEachPackage:
    @packages
    def test_it_says_that_it_is_typed(self, package: str) -> None:
        assert files(package).joinpath("py.typed").is_file()

    @packages
    def test_it_gives_away_these_names(self, package: str) -> None:
        assert importlib.import_module(package).__all__ == PUBLIC[package]

    @packages
    def test_the_names_are_in_order(self, package: str) -> None:
        names = importlib.import_module(package).__all__
        assert names == sorted(set(names), key=kind_and_name)

    @packages
    def test_every_name_exists(self, package: str) -> None:
        module = importlib.import_module(package)
        assert [name for name in module.__all__ if not hasattr(module, name)] == []

    @packages
    def test_it_says_what_it_is(self, package: str) -> None:
        assert importlib.import_module(package).__doc__

    @packages
    def test_every_class_and_function_says_what_it_is(self, package: str) -> None:
        module = importlib.import_module(package)
        # From the source: a dataclass without a docstring would be given one.
        documented = {name for name, docstring in definitions(package) if docstring}
        ours = {name for name in module.__all__ if is_ours(getattr(module, name))}
        assert bool(ours) is bool(PUBLIC[package])
        assert sorted(ours - documented) == []
