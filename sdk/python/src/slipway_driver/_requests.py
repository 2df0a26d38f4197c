"""The requests of a call with a stream of them."""

from collections.abc import Iterator
from typing import Generic, TypeVar

import grpc

from slipway_driver._call import Call, Cancelled

Request = TypeVar("Request")

_CANCEL_SECONDS = 0.2
"""How long the news of a cancellation may come after the end of the requests: gRPC reports the end first."""


class Requests(Generic[Request]):
    """Takes requests, in any thread, one reader at a time."""

    def __init__(self, requests: Iterator[Request], call: Call):
        self._requests, self._call = requests, call

    def next(self) -> Request | None:
        """The next request; None after the last. Raises :class:`Cancelled` when the call is over."""
        try:
            request = next(self._requests, None)
        except grpc.RpcError as error:
            raise Cancelled from error
        if request is None:
            self._call.sleep(_CANCEL_SECONDS)  # A call that is over can look like an end.
        return request
