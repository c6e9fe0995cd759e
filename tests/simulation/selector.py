"""The selectors that a world's server waits with, all of them over the simulated epoll."""

import select
from random import Random
from select import EPOLLIN, EPOLLOUT
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, EpollSelector
from unittest.mock import patch

from tests.simulation.epoll import SimulatedEpoll
from tests.simulation.timeline import violated
from ttt_net.epoll import selector_for_loop

STANDARD = 0.2
"""How likely a server is to be given the selector of the standard library."""

MASKS = {
    EVENT_READ: EPOLLIN,
    EVENT_WRITE: EPOLLOUT,
    EVENT_READ | EVENT_WRITE: EPOLLIN | EPOLLOUT,
}
"""What the events of a selector are to epoll."""


class StandardSelector(EpollSelector):
    """The selector of the standard library, over `epoll`."""

    def __init__(self, epoll: SimulatedEpoll) -> None:
        self._selector_cls = lambda: epoll
        super().__init__()


def selector_over(epoll: SimulatedEpoll, dice: Random) -> BaseSelector:
    """Choose a selector: nearly always the one that a server chooses by itself."""
    if dice.random() < STANDARD:
        return StandardSelector(epoll)
    with patch.object(select, "epoll", lambda: epoll):
        return selector_for_loop()


def agree(selector: BaseSelector, epoll: SimulatedEpoll) -> None:
    """See to it that the selector and the system have the same to watch."""
    known = {key.fd: MASKS[key.events] for key in selector.get_map().values()}
    watched = epoll.watched()
    if known != watched:
        violated(f"the selector has {known} to watch, and the system {watched}")
