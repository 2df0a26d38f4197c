from __future__ import annotations

import threading
import time
from typing import Callable

from slipway.v1 import auth_pb2, auth_pb2_grpc

from ._address import invalid_address, select_address
from ._channel import open_channel
from ._errors import typed_errors

TokenSource = Callable[[], str]
"""Returns the bearer token of a call, before each call. It keeps the token itself while that is valid; see
:func:`exchanged_tokens`. If it has a method ``refused``, that is called with a token that the host has refused, which is
not to be returned again. Several threads call both at the same time."""

RENEW_AHEAD_SECONDS = 60
"""How long before its end a token is replaced."""
EXCHANGE_SECONDS = 30
"""How long the host has for an exchange: other calls wait for its token."""


def exchanged_tokens(id_token: Callable[[], str]) -> TokenSource:
    """Tokens of the host at $SLIPWAY_HOST for ID tokens of an issuer that it trusts, for ``connect(tokens=…)``.

    A token is kept until a minute before it expires, or until the host refuses it; ``follow`` goes on with the next one.
    Raises as ``ExchangeToken`` does, for which the host has 30 s, and as ``id_token``, which returns a current ID token,
    such as one that the CI system issues for this job.
    """
    return _ExchangedTokens(id_token)


class _ExchangedTokens:
    def __init__(self, id_token: Callable[[], str]) -> None:
        self._id_token = id_token
        # Calls that come during an exchange wait for its token.
        self._lock = threading.Lock()
        self._last = ""
        # By both clocks: one stands still while the machine sleeps, and the other one can be set.
        self._until = [0.0, 0.0]

    def __call__(self) -> str:
        with self._lock:
            if any(now >= until for now, until in zip(_clocks(), self._until)):
                answer = self._exchange()
                self._last = answer.access_token
                valid = answer.expires_in.seconds - RENEW_AHEAD_SECONDS
                self._until = [now + valid for now in _clocks()]
            return self._last

    def refused(self, token: str) -> None:
        with self._lock:
            if token == self._last:
                self._until = [0.0, 0.0]

    def _exchange(self) -> auth_pb2.ExchangeTokenResponse:
        address = select_address(has_tokens=True)
        if address.socket:
            raise invalid_address(f"unix://{address.socket}", "is a unix socket, which needs no tokens")
        request = auth_pb2.ExchangeTokenRequest(subject_token=self._id_token())
        with open_channel(address) as channel, typed_errors():
            return auth_pb2_grpc.AuthServiceStub(channel).ExchangeToken(request, timeout=EXCHANGE_SECONDS)


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.time()
