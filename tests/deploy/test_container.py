"""The container: no engine builds it here, but its commands are those that are tested."""

import json
import re
import tomllib

from tests.deploy.places import INSTALLED, README, ROOT, text_of, words
from ttt_cli.check import check
from ttt_cli.main import cli
from ttt_cli.serve import serve

LINES = [line for line in text_of("Containerfile").splitlines() if line and line[0] != "#"]


def instruction(name: str) -> str:
    (rest,) = [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]
    return rest


def test_it_is_installed_with_the_command_of_the_readme() -> None:
    (command,) = re.findall(r"^(python3 -m venv .* install \.) && ", README, re.MULTILINE)
    ours = instruction("RUN").replace(" --no-cache-dir /src", " .").replace("/opt/ttt", ".venv")
    assert ours == command


def test_what_the_project_file_names_is_copied() -> None:
    copied = {
        source for line in LINES if line.startswith("COPY ") for source in line.split()[1:-1]
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    described = project["project"]
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    named = {described["readme"], *described["license-files"], *packages}
    assert {path.split("/")[0] for path in named} | {"pyproject.toml"} == copied


def test_it_serves_the_port_that_it_exposes_and_logs_to_the_console() -> None:
    assert json.loads(instruction("ENTRYPOINT")) == [INSTALLED]
    name, *arguments = json.loads(instruction("CMD"))
    assert name == "serve"
    group = cli.make_context("ttt", ["serve", *arguments])
    parsed = serve.make_context("serve", arguments, parent=group).params
    assert parsed["port"] == int(instruction("EXPOSE"))
    assert parsed["no_log_file"]


def test_its_health_is_what_the_check_says() -> None:
    options, _, command = instruction("HEALTHCHECK").partition(" CMD ")
    path, name, *arguments = json.loads(command)
    assert (path, name) == (INSTALLED, "check")
    group = cli.make_context("ttt", ["check", *arguments])
    parsed = check.make_context("check", arguments, parent=group).params
    assert parsed == {"host": "127.0.0.1", "port": int(instruction("EXPOSE")), "announced": False}
    # More than the ten seconds that the check itself waits.
    assert "--timeout=15s" in words(options)


def test_it_does_not_run_as_root() -> None:
    assert instruction("USER") == "nobody"
