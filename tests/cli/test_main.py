import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import distribution
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from ttt_cli.__main__ import main
from ttt_cli.main import cli
from ttt_cli.serve import serve

Invoke: TypeAlias = Callable[..., tuple[int, str, str]]

DEFAULTS: dict[str, object] = {
    "port": None,
    "host": None,
    "log_file": Path("ttt_server.log"),
    "no_log_file": False,
    "log_level": "INFO",
    "log_max_size": 10,
    "log_keep": 5,
    "bot_after": None,
    "bot_level": "human",
    "bot_thinks": 1.0,
    "proxy_protocol": (),
    "metrics_port": None,
    "metrics_host": "127.0.0.1",
    "max_connections": None,
    "move_timeout": 120.0,
    "greeting_timeout": 10.0,
    "confirm_timeout": 3.0,
    "linger": 60.0,
    "peer_timeout": 30.0,
    "drain": 2.0,
    "no_color": False,
}

SETTINGS: list[tuple[str, str, object]] = [
    ("port", "8080", 8080),
    ("host", "127.0.0.1", "127.0.0.1"),
    ("log_file", "other.log", Path("other.log")),
    ("log_level", "warning", "WARNING"),
    ("log_max_size", "1", 1),
    ("log_keep", "0", 0),
    ("bot_after", "0.5", 0.5),
    ("bot_level", "Perfect", "perfect"),
    ("bot_thinks", "60", 60.0),
    ("proxy_protocol", "10.1.2.3", (ip_network("10.1.2.3"),)),
    ("proxy_protocol", "10.0.0.0/8, fd00::/8", (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))),
    ("metrics_port", "9100", 9100),
    ("metrics_host", "::1", "::1"),
    ("max_connections", "7", 7),
    ("move_timeout", "0", 0.0),
    ("greeting_timeout", "0.5", 0.5),
    ("confirm_timeout", "4.7", 4.7),
    ("linger", "3600", 3600.0),
    ("peer_timeout", "0", 0.0),
    ("drain", "300", 300.0),
]
FLAGS = ("no_log_file", "no_color")


def parse(*arguments: str) -> dict[str, Any]:
    """Return what `ttt serve` would be called with."""
    group = cli.make_context("ttt", ["serve", *arguments])
    return serve.make_context("serve", list(arguments), parent=group).params


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str], signals: None) -> Invoke:
    """Run `ttt` and return its exit code, its standard output and its standard error."""

    def invoke(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments, prog_name="ttt")
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return invoke


class TestTheCommand:
    def test_says_what_it_is_and_what_it_can_do(self, invoke: Invoke) -> None:
        code, out, err = invoke("--help")
        assert (code, err) == (0, "")
        assert out.startswith("Usage: ttt [OPTIONS] COMMAND [ARGS]...")
        assert "Tic-Tac-Toe over TCP" in out
        assert "serve  Run the game server" in out
        assert "play   Play against a person or the computer." in out

    def test_says_its_version(self, invoke: Invoke) -> None:
        version = distribution("ttt-server").version
        assert invoke("--version") == (0, f"ttt, version {version}\n", "")

    @pytest.mark.parametrize("command", [(), ("serve",)])
    def test_takes_a_short_cry_for_help(self, invoke: Invoke, command: tuple[str, ...]) -> None:
        assert invoke(*command, "-h") == invoke(*command, "--help")

    @pytest.mark.parametrize("arguments", [("chess",), ("--loud",), ("serve", "--loud")])
    def test_refuses_what_it_does_not_know(
        self, invoke: Invoke, arguments: tuple[str, ...]
    ) -> None:
        code, out, err = invoke(*arguments)
        assert (code, out) == (2, "")
        assert err.startswith("Usage: ttt ")
        assert arguments[-1] in err.splitlines()[-1]

    @pytest.mark.parametrize("name", ["ttt", "ttt-server"])
    def test_is_installed_under_its_names(self, name: str) -> None:
        scripts = distribution("ttt-server").entry_points.select(group="console_scripts")
        assert scripts[name].load() is main

    @pytest.mark.parametrize(
        ("command", "needless"),
        [
            ("serve", {"ttt_cli.play", "ttt_cli.match", "ttt_cli.screen", "termios", "asyncio"}),
            ("play", {"ttt_cli.serve", "ttt_cli.logs", "loguru"}),
        ],
    )
    def test_imports_nothing_that_only_another_command_needs(
        self, command: str, needless: set[str]
    ) -> None:
        script = (
            "import sys; from ttt_cli.main import cli, click;"
            f"assert cli.get_command(click.Context(cli), {command!r});"
            "print(*sys.modules)"
        )
        modules = subprocess.check_output([sys.executable, "-c", script], text=True).split()
        assert f"ttt_cli.{command}" in modules
        assert needless.isdisjoint(modules)


class TestAnOptionOfServe:
    def test_has_a_default(self) -> None:
        assert parse() == DEFAULTS

    @pytest.mark.parametrize(("name", "text", "value"), SETTINGS)
    def test_is_taken_from_the_command_line(self, name: str, text: str, value: object) -> None:
        assert parse(f"--{name.replace('_', '-')}", text) == DEFAULTS | {name: value}

    @pytest.mark.parametrize(("name", "text", "value"), SETTINGS)
    def test_is_taken_from_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
    ) -> None:
        monkeypatch.setenv(f"TTT_SERVE_{name.upper()}", text)
        assert parse() == DEFAULTS | {name: value}

    @pytest.mark.parametrize("name", FLAGS)
    def test_that_is_a_flag_is_raised_on_the_command_line(self, name: str) -> None:
        assert parse(f"--{name.replace('_', '-')}") == DEFAULTS | {name: True}

    @pytest.mark.parametrize("name", FLAGS)
    def test_that_is_a_flag_is_raised_in_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv(f"TTT_SERVE_{name.upper()}", "1")
        assert parse() == DEFAULTS | {name: True}

    def test_is_taken_from_the_command_line_rather_than_from_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TTT_SERVE_PORT", "8080")
        assert parse("--port", "9090")["port"] == 9090

    def test_that_is_empty_in_the_environment_is_not_given(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TTT_SERVE_PORT", "")
        assert parse() == DEFAULTS

    @pytest.mark.parametrize("level", ["debug", "Info", "WARNING", "eRRoR"])
    def test_takes_a_level_in_either_case(self, level: str) -> None:
        assert parse("--log-level", level)["log_level"] == level.upper()

    def test_is_one_of_those_that_are_tested_here(self) -> None:
        assert {name for name, _, _ in SETTINGS} | {*FLAGS} == {*DEFAULTS}
        assert {option.name for option in serve.params} == {*DEFAULTS}

    @pytest.mark.parametrize(
        ("option", "value", "words"),
        [
            ("--port", "70000", "'70000' is no port: a port is a whole number from 0 to 65535"),
            ("--port", "-1", "'-1' is no port"),
            ("--port", "", "'' is no port"),
            ("--port", "http", "'http' is no port"),
            ("--log-level", "loud", "'loud'"),
            ("--proxy-protocol", "", "'' is not an address"),
            ("--proxy-protocol", "balancer", "'balancer' is not an address"),
            ("--proxy-protocol", "10.0.0.1,10.0.0.2/8", "'10.0.0.2/8' is not an address"),
            ("--metrics-port", "70000", "'70000' is no port"),
            ("--log-max-size", "0", "0 is not in the range"),
            ("--log-max-size", "-1", "-1 is not in the range"),
            ("--log-max-size", "big", "'big' is not a valid integer"),
            ("--log-max-size", "1.5", "'1.5' is not a valid integer"),
            ("--log-keep", "-1", "-1 is not in the range"),
            ("--log-keep", "all", "'all' is not a valid integer"),
            ("--bot-after", "-0.1", "-0.1 is not in the range 0<=x<=86400.0"),
            ("--bot-after", "never", "'never' is not a valid float"),
            ("--bot-level", "weak", "'weak'"),
            ("--bot-thinks", "-1", "-1.0 is not in the range 0<=x<=60"),
            ("--bot-thinks", "60.5", "60.5 is not in the range 0<=x<=60"),
            ("--bot-thinks", "long", "'long' is not a valid float"),
            ("--bot-thinks", "nan", "nan is no number of seconds."),
            ("--bot-after", "nan", "nan is no number of seconds."),
        ],
    )
    def test_with_a_bad_value_ends_it_with_exit_code_2_and_the_reason(
        self, invoke: Invoke, tmp_path: Path, option: str, value: str, words: str
    ) -> None:
        code, out, err = invoke("serve", "--host", "127.0.0.1", "--port", "0", option, value)
        assert (code, out) == (2, "")
        usage, *_, reason = err.splitlines()
        assert usage == "Usage: ttt serve [OPTIONS]"
        assert reason.startswith(f"Error: Invalid value for '{option}': ")
        assert words in reason
        assert not list(tmp_path.iterdir())

    def test_with_a_bad_value_in_the_environment_ends_it_too(
        self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TTT_SERVE_PORT", "70000")
        code, _, err = invoke("serve")
        assert code == 2
        assert "'70000' is no port" in err

    @pytest.mark.parametrize(
        "words",
        [
            "--port N TCP port to listen on, 0 to 65535; 0 takes any free port. [default: ask]",
            "--host ADDRESS Listen on this address only. [default: all addresses, IPv4 and IPv6]",
            "[env var: TTT_SERVE_LOG_FILE; default: ttt_server.log]",
            "--log-level [DEBUG|INFO|WARNING|ERROR]",
            "[env var: TTT_SERVE_LOG_LEVEL; default: INFO]",
            "--log-max-size MB Size in megabytes",
            "[env var: TTT_SERVE_LOG_MAX_SIZE; default: 10; x>=1]",
            "--log-keep N How many log files",
            "[env var: TTT_SERVE_LOG_KEEP; default: 5; x>=0]",
            "--bot-after SECONDS Give the computer",
            "for a person. [default: never]",
            "--proxy-protocol CIDR[,CIDR] Let in only whom a balancer",
            "[default: whoever comes]",
            "--metrics-port N TCP port at which Prometheus finds the server's numbers.",
            "[env var: TTT_SERVE_METRICS_HOST; default: 127.0.0.1]",
            "--bot-level [perfect|human]",
            "[env var: TTT_SERVE_BOT_LEVEL; default: human]",
            "--bot-thinks SECONDS How long",
            "[env var: TTT_SERVE_BOT_THINKS; default: 1.0; 0<=x<=60]",
        ],
    )
    def test_is_in_the_help_with_its_default_and_its_unit(
        self, invoke: Invoke, words: str
    ) -> None:
        _, out, _ = invoke("serve", "--help")
        assert words.lower() in " ".join(out.lower().split())

    @pytest.mark.parametrize("name", DEFAULTS)
    def test_is_in_the_help_with_its_environment_variable(self, invoke: Invoke, name: str) -> None:
        _, out, _ = invoke("serve", "--help")
        assert f"--{name.replace('_', '-')}" in out
        assert f"env var: TTT_SERVE_{name.upper()}" in " ".join(out.split())
