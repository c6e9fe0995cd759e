from tests.cli.conftest import BeginLog
from tests.cli.consoles import Screen
from ttt_cli.numbers import Report, line_of
from ttt_net import Hub
from ttt_net.counters import Numbers
from ttt_net.events import Stopped

QUIET = (
    "Connections 0, players waiting 0, games in progress 0; "
    "since the start: games 0, moves 0, moves refused 0"
)


def test_the_numbers_are_one_line_and_results_that_have_not_been_are_left_out() -> None:
    numbers = Numbers(
        connections=12,
        waiting=1,
        games=5,
        moves=321,
        refused=2,
        results=(20, 15, 3, 2, 0, 0, 0),
    )
    assert line_of(numbers) == (
        "Connections 12, players waiting 1, games in progress 5; since the start: "
        "games 40 (x_won 20, o_won 15, draw 3, left 2), moves 321, moves refused 2"
    )


def test_they_are_written_when_the_loop_is_about_to_wait_if_they_were_asked_for(
    begin_log: BeginLog,
) -> None:
    screen = Screen()
    report = Report(Hub(), begin_log(screen, color=False))
    report.before_wait()
    assert screen.lines == []
    report.ask()
    report.ask()
    assert screen.lines == []
    report.before_wait()
    report.before_wait()
    assert screen.lines == [QUIET]


def test_what_has_been_kept_for_the_log_is_written_before_each_wait(begin_log: BeginLog) -> None:
    screen = Screen()
    log = begin_log(screen, color=False)
    report = Report(Hub(), log)
    log.emit(Stopped())
    assert screen.lines == []
    report.before_wait()
    assert screen.lines == ["The server has stopped"]
