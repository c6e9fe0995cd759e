"""Signals that come while a command starts, or after its last word: at each call that it makes.

A `sitecustomize` in the path of the modules, which Python runs before the command, sends them
to its own process. So they come where they are meant to, whatever the machine does.
"""

import signal

import pytest

from tests.system.process import COMMAND, Shell
from tests.system.visitors import Visitors

AT_EACH_CALL = """
import os, signal, sys

begun = serving = False

def send(frame, event, _):
    global begun, serving
    module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
    begun |= module == "ttt_cli.main"
    if (module, name) == ("ttt_net.server", "run"):
        serving = event == "call"
    if (module, name, event) == ("ttt_cli.__main__", "main", "return"):
        sys.setprofile(None)
    elif begun and not serving and event == "call" and module.startswith("ttt_"):
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGUSR1)

sys.setprofile(send)
"""
"""From the first import to the last word, but not in the loop, which would do nothing else."""

AT_AN_IMPORT = """
import os, signal, sys

class Sender:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Sender())
"""

ONCE_IT_HAS_ENDED = """
import os, signal, sys

ended = False

def send(frame, event, _):
    global ended
    module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
    ended |= (module, name, event) == ("ttt_net.server", "run", "return")
    if ended:
        os.kill(os.getpid(), {number})

sys.setprofile(send)
"""
"""At each call and each return, from the end of the server to that of Python."""

BEFORE_ALL = """
import os, signal

os.kill(os.getpid(), signal.SIGHUP)
os.kill(os.getpid(), signal.SIGUSR1)
"""


def beforehand(shell: Shell, script: str) -> str:
    """Return the path of the modules with which `script` runs before a command."""
    place = shell.directory / "beforehand"
    place.mkdir()
    (place / "sitecustomize.py").write_text(script)
    return str(place)


def test_the_server_ends_of_neither_and_tells_its_numbers_when_it_can(
    shell: Shell, visitors: Visitors
) -> None:
    path = beforehand(shell, AT_EACH_CALL)
    server = shell.start("serve", "--port", "0", PYTHONPATH=path)
    port = server.listening()
    server.expect("^Connections 0, players waiting 0, .*\n")
    visitors.game(port).play(5)
    visitors.leave()
    assert server.stop(signal.SIGTERM) == 0
    assert server.text.count("Connections ") == 1
    assert [line.partition("] INFO: ")[2] for line in shell.log_lines] == server.lines
    assert server.lines[-1] == "The server has stopped"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_is_ended_at_once_and_quietly(number: signal.Signals, shell: Shell) -> None:
    path = beforehand(shell, AT_AN_IMPORT.format(module="ttt_cli.main", number=int(number)))
    server = shell.start("serve", "--port", "0", PYTHONPATH=path)
    assert (server.wait(), server.text) == (-number, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_from_the_line_that_it_has_its_port_on_the_server_ends_with_code_0(
    number: signal.Signals, shell: Shell
) -> None:
    server = shell.start("serve", "--port", "0")
    server.expect("^Reserved port ")
    assert server.stop(number) == 0
    assert server.lines[-1] == "The server has stopped"


@pytest.mark.parametrize("metrics", [(), ("--metrics-port", "0")], ids=["", "with metrics"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_a_server_that_has_ended_does_not_spoil_its_exit_code(
    number: signal.Signals, metrics: tuple[str, ...], shell: Shell
) -> None:
    path = beforehand(shell, ONCE_IT_HAS_ENDED.format(number=int(number)))
    server = shell.start("serve", "--port", "0", *metrics, PYTHONPATH=path)
    server.listening()
    assert server.stop(signal.SIGTERM) == 0
    assert server.lines[-1] == "The server has stopped"


def test_the_server_says_what_is_wrong_with_an_option_although_they_come(shell: Shell) -> None:
    path = beforehand(shell, AT_EACH_CALL)
    server = shell.start("serve", "--port", "none", PYTHONPATH=path)
    assert server.wait() == 2
    assert "'none' is no port" in server.text


@pytest.mark.parametrize("module", ["ttt_cli.main", "ttt_cli.play", "select"])
def test_a_player_whose_terminal_has_gone_is_ended_at_once(module: str, shell: Shell) -> None:
    path = beforehand(shell, AT_AN_IMPORT.format(module=module, number=signal.SIGHUP))
    done = shell.run(["env", f"PYTHONPATH={path}", COMMAND, "play", "-h"])
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGHUP, "", "")


@pytest.mark.parametrize("command", ["play", "serve"])
def test_under_nohup_a_start_goes_on(command: str, shell: Shell) -> None:
    path = beforehand(shell, AT_AN_IMPORT.format(module="ttt_cli.main", number=signal.SIGHUP))
    command_line = ["env", f"PYTHONPATH={path}", "nohup", COMMAND, command, "-h"]
    done = shell.run(command_line)
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: ttt {command} ")


def test_a_server_that_is_started_with_both_ignored_misses_none_even_before_its_first_line(
    shell: Shell,
) -> None:
    path = beforehand(shell, BEFORE_ALL)
    server = shell.start_ignoring("HUP USR1", "serve", "--port", "0", PYTHONPATH=path)
    server.listening()
    aside = shell.log.rename(shell.directory / "aside")
    server.signal(signal.SIGHUP)
    shell.until(shell.log.exists)
    server.signal(signal.SIGUSR1)
    server.expect("^Connections 0, .*\n")
    assert server.stop(signal.SIGTERM) == 0
    assert "Listening" in aside.read_text()
