"""The threads in which drivers work while a call answers with a stream."""

import threading
import time
from collections.abc import Callable

from slipway_driver._call import Call


class Threads:
    """Threads by the call for which they work."""

    def __init__(self) -> None:
        self._running: dict[Call, threading.Thread] = {}

    def start(self, call: Call, work: Callable[[], None]) -> None:
        """Starts a thread that works for a call."""

        def run() -> None:
            try:
                work()
            finally:
                self._running.pop(call)

        self._running[call] = threading.Thread(target=run, daemon=True)
        self._running[call].start()

    def end(self, seconds: float) -> None:
        """Ends all calls, and waits until their threads have ended, for a limited time."""
        for call in list(self._running):
            call._end()
        until = time.monotonic() + seconds
        for thread in list(self._running.values()):
            thread.join(max(0, until - time.monotonic()))
