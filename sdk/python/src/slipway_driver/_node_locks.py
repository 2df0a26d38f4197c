"""Calls that change the same node run one after another."""

import contextlib
import threading
from collections.abc import Iterator

from slipway_driver._call import Call


class NodeLocks:
    """The nodes that a call changes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: set[tuple[str, str]] = set()

    @contextlib.contextmanager
    def hold(self, driver: str, node: str, call: Call) -> Iterator[None]:
        """Waits for the node's other calls; raises Cancelled when the call is over before."""
        key = (driver, node)
        with call.on_cancel(self._wake), self._changed:
            self._changed.wait_for(lambda: key not in self._held or call.cancelled)
            call.check()
            self._held.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._held.remove(key)
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
