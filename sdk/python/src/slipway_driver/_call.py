"""What every call of a driver carries."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from slipway.common.v1 import progress_pb2


class Cancelled(Exception):
    """The call is over: the host cancelled it, its time is up, or the plugin shuts down."""


class Call:
    """One call. Long work asks it whether it is still wanted."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the call is over."""
        return self._over.is_set()

    def check(self) -> None:
        """Raises :class:`Cancelled` when the call is over."""
        if self.cancelled:
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Waits; raises :class:`Cancelled` as soon as the call is over."""
        if self._over.wait(seconds):
            raise Cancelled

    @contextlib.contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Calls back, once, when the call is over before the end of the block, for example to close a connection."""
        with self._lock:
            over = self.cancelled
            if not over:
                self._callbacks.append(callback)
        if over:
            callback()
        try:
            yield
        finally:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

    def _end(self) -> None:
        with self._lock:
            self._over.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class StepCall(Call):
    """A call that reports steps to the user."""

    def __init__(self) -> None:
        super().__init__()
        self._open: dict["Step", None] = {}

    def _report(self, step: progress_pb2.Progress) -> None:
        raise NotImplementedError

    @contextlib.contextmanager
    def step(self, id: str, name: str) -> Iterator["Step"]:
        """A step, for the time of the block. An exception ends it as failed.

        :param id: its identity within the call, such as "pull"
        :param name: its name for people, such as "pulling image moby/buildkit"
        """
        step = Step(self, id, name)
        self._open[step] = None
        step._report()
        try:
            yield step
        except BaseException as error:
            step._state.error = str(error) or type(error).__name__
            raise
        finally:
            self._open.pop(step)
            step._state.done = True
            step._report()

    def _repeat(self) -> list[progress_pb2.Progress]:
        """The open steps, which are reported every few seconds."""
        return [step._copy() for step in list(self._open)]


class Step:
    """One step of a call."""

    def __init__(self, call: StepCall, id: str, name: str):
        self._call = call
        self._state = progress_pb2.Progress(id=id, name=name)

    def progress(self, current: int, total: int = 0) -> None:
        """Reports the amount done and the total, in bytes unless the name says otherwise. 0 means unknown."""
        self._state.current, self._state.total = current, total
        self._report()

    def log(self, line: str) -> None:
        """Reports a line of output that belongs to the step."""
        self._report(line)

    def _report(self, log: str = "") -> None:
        state = self._copy()
        state.log = log
        self._call._report(state)

    def _copy(self) -> progress_pb2.Progress:
        state = progress_pb2.Progress()
        state.CopyFrom(self._state)
        return state
