"""That what is typed of how the computer plays is not ignored where it does not play."""

import pytest

from tests.cli.seats import Player
from tests.cli.stage import HOST
from ttt_cli.main import cli

pytestmark = pytest.mark.usefixtures("signals")


@pytest.mark.parametrize("arguments", [("--local",), (HOST, "8080")])
def test_a_level_of_the_computer_is_not_ignored_where_it_does_not_play(
    piped: Player, arguments: tuple[str, ...]
) -> None:
    assert piped.run(*arguments, "--bot-level", "perfect") == 2
    assert "--bot-level does nothing without --bot." in piped.text


def test_a_level_in_the_environment_is_for_whenever_the_computer_plays(
    piped: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTT_PLAY_BOT_LEVEL", "perfect")
    piped.type("q\n")
    assert piped.run("--local") == 0


@pytest.mark.parametrize(("option", "value"), [("--bot-level", "perfect"), ("--bot-thinks", "2")])
def test_the_server_refuses_both_options_where_the_computer_never_comes(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", "--port", "0", option, value], prog_name="ttt")
    assert ended.value.code == 2
    assert f"{option} does nothing without --bot-after." in capsys.readouterr().err
