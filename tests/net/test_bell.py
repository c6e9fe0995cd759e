"""The bell: who rings it never waits, and who hears it has heard all rings."""

import select
from collections.abc import Iterator

import pytest

from ttt_net.bell import Bell


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    yield bell
    bell.close()


def rings(bell: Bell) -> bool:
    return select.select([bell], [], [], 0)[0] == [bell]


def test_it_rings_until_it_is_heard_however_often_it_was_rung(bell: Bell) -> None:
    assert not rings(bell)
    for _ in range(3):
        bell.ring()
    assert rings(bell)
    bell.hear()
    assert not rings(bell)


def test_nobody_waits_for_it(bell: Bell) -> None:
    with pytest.raises(BlockingIOError):
        bell.hear()
    while True:
        try:
            bell._theirs.send(b"!")
        except BlockingIOError:
            break
    bell.ring()
    assert rings(bell)


def test_it_may_be_rung_when_it_is_down_already(bell: Bell) -> None:
    bell.close()
    bell.ring()
