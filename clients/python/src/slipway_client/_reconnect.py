from __future__ import annotations

import threading
from datetime import timedelta

import grpc

from ._errors import SlipwayError

RECONNECTS = 10
"""Number of attempts to reconnect without an event in between."""
LONGEST_DELAY = timedelta(minutes=1)
"""The longest delay for which the client waits. A call that must wait longer is not repeated."""

_BROKEN = {
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN,
}
"""The codes that gRPC gives to broken streams."""


def reconnect(error: SlipwayError, attempt: int, closed: threading.Event) -> None:
    """Waits before another attempt of a call whose connection was lost: longer after each attempt, and no less than
    the host asks for.

    Raises the error if another attempt cannot succeed, or when the client is closed meanwhile.
    """
    least = error.retry_after or timedelta()
    if not _is_lost(error) or least > LONGEST_DELAY or attempt == RECONNECTS:
        raise error
    delay = timedelta(seconds=min(0.1 * 2**attempt, 5.0))
    if closed.wait(max(delay, least).total_seconds()):
        raise error


def _is_lost(error: SlipwayError) -> bool:
    """Whether a connection or a stream broke, or the host is being restarted. Errors of the host have reasons."""
    return error.reason == "HOST_STOPPING" or (not error.reason and error.code in _BROKEN)
