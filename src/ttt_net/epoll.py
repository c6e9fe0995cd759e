"""Epoll as a selector, for very many connections that are short and say little.

The selectors of the standard library are made for any use. This one does the same, in fewer
steps where a game server spends its time: telling who can be read from, and letting in.
"""

import select
from collections.abc import Mapping
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, DefaultSelector, SelectorKey
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

# What Linux calls EPOLLIN and EPOLLOUT, in epoll_ctl(2): elsewhere `select` has no such names.
_IN, _OUT = 0x1, 0x4
_WANTED = {EVENT_READ: _IN, EVENT_WRITE: _OUT, EVENT_READ | EVENT_WRITE: _IN | _OUT}


def selector_for_loop() -> BaseSelector:
    """Return the selector for a game server: this one, where there is epoll."""
    return Epoll() if hasattr(select, "epoll") else DefaultSelector()


@final
class Epoll(BaseSelector):
    """A level-triggered selector on Linux."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._keys: dict[int, SelectorKey] = {}

    def register(
        self,
        fileobj: "FileDescriptorLike",
        events: int,
        data: Any = None,  # noqa: ANN401 - as a selector has it
    ) -> SelectorKey:
        """Watch `fileobj`.

        Raises KeyError if it is watched, ValueError if it is closed, OSError if there is no room.
        """
        fd = _descriptor(fileobj)
        if fd in self._keys:
            msg = f"{fileobj!r} is watched already"
            raise KeyError(msg)
        self._epoll.register(fd, _WANTED[events])
        key = self._keys[fd] = SelectorKey(fileobj, fd, events, data)
        return key

    def unregister(self, fileobj: "FileDescriptorLike") -> SelectorKey:
        """Watch `fileobj` no more. Raises KeyError if it is not watched.

        The system is told even of who is going to be closed: it forgets that one by itself
        only if nobody else holds it open, as systemd does with a listener.
        """
        key = self._keys.pop(_descriptor(fileobj))
        try:  # noqa: SIM105 - `suppress` takes three calls where nothing is to be suppressed
            self._epoll.unregister(key.fd)
        except OSError:
            pass  # it does not know it any more, as after a `modify` that it has refused
        return key

    def modify(
        self,
        fileobj: "FileDescriptorLike",
        events: int,
        data: Any = None,  # noqa: ANN401 - as a selector has it
    ) -> SelectorKey:
        """Watch `fileobj` for something else. Raises KeyError if it is not watched.

        It is watched no more if the system refuses, with an OSError.
        """
        fd = self._keys[_descriptor(fileobj)].fd
        try:
            self._epoll.modify(fd, _WANTED[events])
        except OSError:
            self.unregister(fileobj)
            raise
        key = self._keys[fd] = SelectorKey(fileobj, fd, events, data)
        return key

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait for who is ready, for `timeout` seconds at most; None is for ever.

        All who are ready are told of: who is not has been silent.
        """
        if timeout is not None and timeout < 0:
            timeout = 0  # or that would be for ever
        keys = self._keys
        ready = []
        for fd, found in self._epoll.poll(timeout, max(1, len(keys))):
            key = keys[fd]
            if found == _IN:
                ready.append((key, EVENT_READ))
            elif found == _OUT:
                ready.append((key, EVENT_WRITE))
            else:
                # Both, an error, or the end of a connection: reading and writing tell of these.
                ready.append((key, key.events))
        return ready

    def get_map(self) -> Mapping["FileDescriptorLike", SelectorKey]:
        """Return all that is watched, as every selector can; the loop does not ask."""
        return {key.fileobj: key for key in self._keys.values()}

    def close(self) -> None:
        """Watch nothing any more."""
        self._epoll.close()
        self._keys.clear()


def _descriptor(fileobj: "FileDescriptorLike") -> int:
    """Return the descriptor of `fileobj`: -1, which nobody watches, if it is closed."""
    return fileobj if isinstance(fileobj, int) else fileobj.fileno()
