"""Memory: what a crowd would leave behind is taken at the start, so that none makes us larger.

Python gives memory back by the MiB, and only where a MiB holds nothing any more; the system's
allocator gives back what lies above all that is in use. When a crowd has gone something is
always left in the way, if only the number of the last player. What is taken here beforehand
and let go is used by whoever comes, and there again when they have gone.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CROWD = 5_000
"""For how many clients memory is taken: 6 MB. Where more may come, they bring more."""

_OBJECTS = 800
"""What the objects of a client take, in bytes: its session, its socket, its names and numbers."""

_TABLES = 400
"""What its places take, in bytes: in the tables of who is connected, which grow by a copy twice
as large, and in the lists of a round."""

_OBJECT = 512
"""The largest object that Python keeps in its own MiB, in bytes."""

_TABLE = 32 * 1024
"""Too much to find room between what lies in the system's memory already, in bytes."""

_APART = 1_000
"""Of so many objects one is kept: there is one in each MiB, which holds twice as many."""

_FILLING = b"\0"


@contextmanager
def settled(connections: int) -> Iterator[None]:
    """Hold the memory for so many clients, or for a crowd if those would be more.

    What is there by now stays for as long, so the collector passes it over; and it looks more
    seldom for what comes later, for hardly any of that needs a collector to go.
    """
    often = gc.get_threshold()
    kept = _take(min(connections, CROWD))
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    try:
        yield
    finally:
        gc.set_threshold(*often)
        gc.unfreeze()
        kept.clear()  # not before: the memory goes with it


def _take(clients: int) -> list[bytes]:
    """Take the memory of so many `clients`, and return the little that keeps it from going."""
    # Each is made anew and written to: a constant would be one for all, and of what `bytes(n)`
    # gives the system may have handed out no more than the promise.
    filling = _OBJECT - sys.getsizeof(b"")
    objects = [_FILLING * filling for _ in range(clients * _OBJECTS // _OBJECT)]
    tables = [_FILLING * _TABLE for _ in range(clients * _TABLES // _TABLE)]
    return objects[::_APART] + tables[-1:]
