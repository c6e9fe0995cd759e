"""The snippet for logrotate, and the real logrotate with it on the log of a running server."""

import re
from pathlib import Path

import pytest

from tests.deploy.places import settings, text_of
from tests.system.process import Shell
from tests.system.visitors import Visitors
from tests.tools import run

SNIPPET = text_of("ttt.logrotate")
LOGS = ("/var/log/ttt/ttt_server.log", "/var/lib/ttt/ttt_server.log")

needs_logrotate = pytest.mark.needs_tool("logrotate", "logrotate")


def rotate(log: Path, *options: str) -> None:
    """Run logrotate as cron does, but now, on `log` in place of the one that the snippet names."""
    snippet = log.with_name("logrotate.conf")
    snippet.write_text(SNIPPET.replace(LOGS[0], str(log)))
    snippet.chmod(0o644)
    state = str(log.with_name("state"))
    command = ("--state", state, *options, str(snippet))
    assert run("logrotate", *command, directory=log.parent) == (0, "")


def test_it_names_the_logs_of_both_services() -> None:
    assert re.findall(r"^(/\S+) (/\S+) \{$", SNIPPET, re.MULTILINE) == [LOGS]
    assert f"--log-file {LOGS[0]}" in settings("ttt.service")["ExecStart"][0]


@needs_logrotate
def test_the_server_goes_on_in_a_new_file_and_loses_no_line(
    shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    visitors.confirmed(port)
    server.expect("player 1\n")
    before = shell.log_lines
    rotate(shell.log, "--force")
    assert not shell.log.exists()
    (moved,) = shell.directory.glob("ttt_server.log-*")
    visitors.confirmed(port)
    server.expect("player 2\n")
    assert moved.read_text().splitlines() == before
    assert re.search(r"INFO: Received connection from .*: player 2$", shell.log_lines[0])


@needs_logrotate
def test_it_waits_for_a_week_to_be_over(shell: Shell) -> None:
    shell.start("serve", "--port", "0").listening()
    before = shell.log_lines
    rotate(shell.log)
    assert shell.log_lines == before


@needs_logrotate
def test_what_is_older_is_compressed(tmp_path: Path) -> None:
    log = tmp_path / "ttt_server.log"
    log.write_text("a line\n")
    (tmp_path / "ttt_server.log-20260101").write_text("an older line\n")
    rotate(log, "--force")
    assert (tmp_path / "ttt_server.log-20260101.gz").exists()
    assert len(list(tmp_path.glob("ttt_server.log-*"))) == 2
