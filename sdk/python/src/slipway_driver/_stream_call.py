"""Calls that answer with a stream while the driver works."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from slipway.common.v1 import progress_pb2

from slipway_driver._call import Call, Cancelled, StepCall
from slipway_driver._threads import Threads

# How often open steps are reported again, in seconds: the protocol asks for progress every few seconds.
_REPEAT_SECONDS = 2

Result = TypeVar("Result")


class StreamCall(Call):
    """A call whose responses wait until the host takes them, so that the driver works at the host's pace."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._response: Any = None
        self._is_done = False

    def _send(self, response: Any) -> None:
        """Sends a response when the one before is taken. Raises :class:`Cancelled` when the call is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._response is None or self.cancelled)
            self.check()
            self._response = response
            self._changed.notify_all()

    def _repeated(self) -> list[Any]:
        """What is sent again while the driver sends nothing."""
        return []

    def _end(self) -> None:
        super()._end()
        with self._changed:
            self._changed.notify_all()

    def _run(self, outer: Call, threads: Threads, work: Callable[[], Result]) -> Iterator[Any]:
        """Works in a thread, and yields the responses. Returns what the work returns, or raises its exception.

        :param outer: the call of gRPC; this one ends with it
        """
        results: list[Result] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # Raised again in the call.
                failures.append(error)
            finally:
                with self._changed:
                    self._is_done = True
                    self._changed.notify_all()

        with outer.on_cancel(self._end):
            threads.start(self, run)
            while (response := self._next()) is not None:
                yield from response
        if failures:
            raise failures[0]
        return results[0]

    def _next(self) -> list[Any] | None:
        """The next responses; None when the driver has ended its work."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._response is not None or self._is_done, _REPEAT_SECONDS):
                return self._repeated()
            response, self._response = self._response, None
            self._changed.notify_all()
            return None if response is None else [response]


class StepStreamCall(StreamCall, StepCall):
    """The same for a call that reports steps to the user."""

    def _step_response(self, step: progress_pb2.Progress) -> Any:
        """The response that reports a step."""
        raise NotImplementedError

    def _report(self, step: progress_pb2.Progress) -> None:
        # The driver learns elsewhere that the call is over.
        with contextlib.suppress(Cancelled):
            self._send(self._step_response(step))

    def _repeated(self) -> list[Any]:
        return [self._step_response(step) for step in self._repeat()]
