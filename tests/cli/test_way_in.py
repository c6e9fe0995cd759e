"""The way in: how the command is run, and that nothing spoils its exit code at the very end."""

import runpy
import signal
import sys
from collections.abc import Callable
from io import BytesIO, StringIO, TextIOWrapper
from typing import TypeAlias

import pytest

from ttt_cli.__main__ import main

pytestmark = pytest.mark.usefixtures("signals")

Drop: TypeAlias = Callable[[], None]


class Gone(StringIO):
    """An output that takes nothing more."""

    def flush(self) -> None:
        raise BrokenPipeError


def test_python_m_runs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "ttt_cli.__main__")
    monkeypatch.setattr(sys, "argv", ["/somewhere/ttt_cli/__main__.py", "serve", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("ttt_cli", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("Usage: ttt serve [OPTIONS]\n")


def test_ctrl_c_is_ignored_if_it_is_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    handlers: list[object] = []
    monkeypatch.setattr(
        "ttt_cli.main.cli", lambda **_: handlers.append(signal.getsignal(signal.SIGINT))
    )
    main()
    assert handlers == [signal.SIG_IGN]


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_python_does_not_try_again_at_its_end_what_could_not_be_written(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_exit: list[Drop] = []
    monkeypatch.setattr("ttt_cli.__main__.atexit.register", at_exit.append)
    monkeypatch.setattr("ttt_cli.main.cli", lambda **_: None)
    main()
    good, closed = StringIO(), TextIOWrapper(BytesIO())
    closed.close()
    for stream, after in ((Gone(), None), (closed, None), (None, None), (good, good)):
        with monkeypatch.context() as patch:
            patch.setattr(sys, name, stream)
            for drop in at_exit:
                drop()
            assert getattr(sys, name) is after
