"""Whole worlds with fixed seeds, and worlds whose server is broken on purpose."""

from collections.abc import Callable

import pytest

from tests.simulation.__main__ import main
from tests.simulation.timeline import REMEMBERED
from tests.simulation.world import SimulationFailed, World
from ttt_core import Lobby
from ttt_net import Hub, wire
from ttt_net.deadlines import Deadlines

CHUNKS = 10
"""In how many tests the fixed seeds are run: together ten hours and 20,000 players."""

WORLDS = 9
PLAYERS = 300


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_that_clients_and_networks_do_breaks_the_server(
    chunk: int, capsys: pytest.CaptureFixture[str]
) -> None:
    first = chunk * WORLDS
    assert main(["--seeds", str(WORLDS), "--first", str(first), "--players", str(PLAYERS)]) == 0
