import signal
import subprocess
import sys

import pytest

from ttt_cli.signals import ended_by_signals, handled

INTERRUPTED_IMPORT = """
import os, signal, sys

class Interrupter:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupter())
sys.argv = ["ttt", {command!r}]
from ttt_cli.__main__ import main
main()
"""

pytestmark = pytest.mark.usefixtures("signals")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_by_an_exception(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended, ended_by_signals():
        signal.raise_signal(number)
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) is before


def interrupted_twice(farewell: list[str]) -> None:
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.raise_signal(signal.SIGINT)
        farewell.append("q")


def test_ctrl_c_ends_it_by_an_exception_once() -> None:
    farewell: list[str] = []
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        interrupted_twice(farewell)
    assert farewell == ["q"]
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_that_does_not_come_is_handled_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with ended_by_signals():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_that_is_to_be_ignored_is_not_handled() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with handled(signal.SIGINT, signal.SIG_DFL):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("module", "command"),
    [("click", "serve"), ("ttt_cli.serve", "serve"), ("ttt_core", "serve"), ("select", "play")],
)
def test_ctrl_c_before_anything_has_begun_ends_it_without_a_word(
    module: str, command: str
) -> None:
    script = INTERRUPTED_IMPORT.format(module=module, command=command)
    ended = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b"", b"")
