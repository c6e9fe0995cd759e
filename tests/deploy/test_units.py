"""The units for systemd: what they promise of the server, and what systemd says of them."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.places import INSTALLED, MANUAL, settings, text_of, words
from tests.system.process import COMMAND
from tests.tools import run
from ttt_cli.main import cli
from ttt_cli.serve import serve
from ttt_net import Limits

SERVICE = settings("ttt.service")
SOCKET = settings("ttt.socket")

needs_systemd = pytest.mark.needs_tool("systemd-analyze", "systemd")

OK = 50
"""The exposure, in tenths, from which on systemd-analyze does not call a service OK any more."""


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A directory with both units, for the command that is installed here."""
    for name in ("ttt.service", "ttt.socket"):
        (tmp_path / name).write_text(text_of(name).replace(INSTALLED, COMMAND))
    return tmp_path


def number(values: dict[str, list[str]], name: str) -> int:
    (value,) = values[name]
    return int(value)


class TestTheService:
    def test_runs_a_command_line_that_the_server_understands(self) -> None:
        command, name, *arguments = words(SERVICE["ExecStart"][0])
        assert (command, name) == (INSTALLED, "serve")
        group = cli.make_context("ttt", ["serve", *arguments])
        parsed = serve.make_context("serve", arguments, parent=group).params
        assert parsed["port"] == 8080
        assert parsed["log_file"] == Path("/var/log/ttt/ttt_server.log")

    def test_is_changed_by_the_command_in_the_manual_in_this_line_only(self) -> None:
        commands = map(words, re.findall(r"^sed -i .*$", MANUAL, re.MULTILINE))
        (change,) = [c[2] for c in commands if c[3] == "/etc/systemd/system/ttt.service"]
        before = text_of("ttt.service")
        after = subprocess.check_output(["sed", change], input=before, text=True)
        pairs = zip(before.splitlines(), after.splitlines(), strict=True)
        ((old, new),) = [pair for pair in pairs if pair[0] != pair[1]]
        assert old == f"ExecStart={SERVICE['ExecStart'][0]}"
        assert new == old.replace("/opt/", "/srv/").replace("8080", "9090")

    def test_has_the_directories_that_it_names(self) -> None:
        assert SERVICE["DynamicUser"] == ["yes"]
        assert SERVICE["LogsDirectory"] == ["ttt"]
        assert SERVICE["StateDirectory"] == ["ttt"]
        assert SERVICE["WorkingDirectory"] == ["/var/lib/ttt"]

    def test_is_killed_only_after_the_server_has_had_its_time_to_stop(self) -> None:
        limits = Limits()
        assert number(SERVICE, "TimeoutStopSec") > 2 * (limits.drain + limits.stopping)

    def test_is_tried_again_for_ever_but_for_a_usage_error(self) -> None:
        assert SERVICE["Restart"] == ["on-failure"]
        assert SERVICE["RestartPreventExitStatus"] == ["2"]
        assert SERVICE["StartLimitIntervalSec"] == ["0"]
        assert number(SERVICE, "RestartSec") >= 1

    def test_is_told_of_and_watched(self) -> None:
        assert SERVICE["Type"] == ["notify"]
        assert number(SERVICE, "WatchdogSec") >= 10

    @needs_systemd
    def test_is_understood_by_systemd_together_with_its_socket(self, units: Path) -> None:
        names = ("./ttt.service", "./ttt.socket")
        assert run("systemd-analyze", "verify", *names, directory=units) == (0, "")

    @needs_systemd
    def test_with_a_mistake_is_not(self, units: Path) -> None:
        with (units / "ttt.service").open("a") as unit:
            unit.write("Type=ready\n")
        _, said = run("systemd-analyze", "verify", "./ttt.service", directory=units)
        assert "ttt.service" in said

    @needs_systemd
    def test_is_so_fenced_in_that_systemd_calls_it_ok(self, units: Path) -> None:
        code, said = run(
            "systemd-analyze",
            *("security", "--offline=true", f"--threshold={OK}", "--no-pager", "./ttt.service"),
            directory=units,
        )
        assert code == 0, said
        assert "OK" in said.splitlines()[-1], said


class TestTheSocket:
    def test_is_at_the_port_of_the_service(self) -> None:
        (port,) = SOCKET["ListenStream"]
        assert f"--port {port} " in SERVICE["ExecStart"][0]

    def test_is_set_up_as_the_server_does_it(self) -> None:
        limits = Limits()
        assert number(SOCKET, "Backlog") == limits.backlog
        assert SOCKET["NoDelay"] == ["yes"]
        assert SOCKET["KeepAlive"] == ["yes"]
        idle, every, probes = (
            number(SOCKET, name)
            for name in ("KeepAliveTimeSec", "KeepAliveIntervalSec", "KeepAliveProbes")
        )
        assert idle + every * probes == limits.peer_timeout
