"""The end of a plugin."""

from queue import SimpleQueue


class Stop:
    """Wakes the main thread when the plugin is to end.

    Unlike ``threading.Event``, a signal handler can set it: a handler that interrupts ``Event.wait`` while it holds the
    event's lock waits for that lock for ever. ``SimpleQueue.put`` is reentrant:
    https://docs.python.org/3/library/queue.html#queue.SimpleQueue.put
    """

    def __init__(self) -> None:
        self._reasons: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Ends the wait. More calls have no effect."""
        self._reasons.put(None)

    def wait(self) -> None:
        """Waits until the plugin is to end."""
        self._reasons.get()
