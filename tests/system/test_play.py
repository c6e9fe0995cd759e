"""Two people play through an installed server, each at a terminal of their own."""

from tests.system.process import CTRL_C, Running, Shell

HOST = "127.0.0.1"
YOUR_MOVE = r"Your move: a number from 1 to 9 \(q leaves\)\.\n"


def two_players(shell: Shell) -> tuple[Running, Running]:
    """Return who plays X and who plays O."""
    server = shell.start("serve", "--host", HOST, "--port", "0")
    port = str(server.listening())
    waiting = shell.start_on_terminal("play", HOST, port, TERM="dumb")
    waiting.expect("You are player 1.\nWaiting for an opponent")
    newcomer = shell.start_on_terminal("play", HOST, port, TERM="dumb")
    newcomer.expect("You are player 2.\n")
    newcomer.expect("You play X; X moves first.\nYour opponent is player 1.\n")
    waiting.expect("You play O; X moves first.\nYour opponent is player 2.\n")
    return newcomer, waiting


def test_two_players_play_a_whole_game(shell: Shell) -> None:
    x, o = two_players(shell)
    for mover, square in ((x, 1), (o, 4), (x, 2), (o, 5), (x, 3)):
        mover.answer(YOUR_MOVE, f"{square}\n")
    for player, result in ((x, "You win. Congratulations!"), (o, "You lose.")):
        player.expect(r"\*X\*\|\*X\*\|\*X\*\n")
        player.expect(result)
        player.answer(r"Play again\? \(y/n\)\n", "n\n")
        assert player.wait() == 0


def test_ctrl_c_leaves_and_the_other_player_is_told(shell: Shell) -> None:
    x, o = two_players(shell)
    x.answer(YOUR_MOVE, CTRL_C)
    x.expect("You have left the game.\n")
    assert x.wait() == 0
    o.expect("The server has ended the game: ")
    assert o.wait() == 1
    assert "Traceback" not in x.text + o.text
