from __future__ import annotations

import threading
import time
from typing import Callable

import grpc
from slipway.v1 import auth_pb2, auth_pb2_grpc

from ._address import invalid_address, select_address
from ._channel import open_channel
from ._errors import typed_errors

TokenSource = Callable[[], str]
"""Returns the bearer token of a call, before each call. It keeps the token itself while that is valid; see
:func:`exchanged_tokens`. Several threads call it at the same time."""

RENEW_AHEAD_SECONDS = 60
"""How long before its end a token is replaced."""


def exchanged_tokens(id_token: TokenSource) -> TokenSource:
    """Tokens of the host at $SLIPWAY_HOST for ID tokens of an issuer that it trusts, for ``connect(tokens=…)``.

    A token is kept until a minute before it expires; ``follow`` goes on with the next one. Raises as ``ExchangeToken``
    does, and as ``id_token``, which returns a current ID token, such as one that the CI system issues for this job.
    """
    return _ExchangedTokens(id_token)


class _ExchangedTokens:
    def __init__(self, id_token: TokenSource) -> None:
        self._id_token = id_token
        # Calls that come during an exchange wait for its token.
        self._lock = threading.Lock()
        self._last = ""
        self._until = 0.0

    def __call__(self) -> str:
        with self._lock:
            if time.monotonic() >= self._until:
                answer = self._exchange()
                self._last = answer.access_token
                self._until = time.monotonic() + answer.expires_in.seconds - RENEW_AHEAD_SECONDS
            return self._last

    def _exchange(self) -> auth_pb2.ExchangeTokenResponse:
        address = select_address(has_tokens=True)
        if address.socket:
            raise invalid_address(f"unix://{address.socket}", "is a unix socket, which needs no tokens")
        request = auth_pb2.ExchangeTokenRequest(subject_token=self._id_token())
        with open_channel(address) as channel, typed_errors():
            return auth_pb2_grpc.AuthServiceStub(channel).ExchangeToken(request)
