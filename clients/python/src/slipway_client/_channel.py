from __future__ import annotations

import os
from typing import Callable, Optional

import grpc

from ._address import Address
from ._errors import SlipwayError
from ._socket_folder import check_socket_folder

MAX_MESSAGE_BYTES = 64 << 20
"""Maximum size of a message to receive. A message can contain the log of a step."""


def open_channel(address: Address, tokens: Optional[Callable[[], str]] = None) -> grpc.Channel:
    """Calls on TCP have the tokens that ``tokens`` returns, or without it that of the address."""
    options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    if address.socket:
        # The default authority is the socket's path, which is not valid.
        local = [*options, ("grpc.default_authority", "localhost")]
        channel = grpc.insecure_channel(f"unix:{address.socket}", local)
        return grpc.intercept_channel(channel, _SafeFolder(os.path.dirname(address.socket)))
    if address.tls:
        channel = grpc.secure_channel(address.target, address.tls, options)
    else:
        # A proxy in the environment would see the token.
        channel = grpc.insecure_channel(address.target, [*options, ("grpc.enable_http_proxy", 0)])
    if tokens is None and not address.token:
        return channel
    return grpc.intercept_channel(channel, _Bearer(tokens or (lambda: address.token)))


class _EachCall(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Prepares each call."""

    def _prepare(self, details):
        raise NotImplementedError

    def _continue(self, continuation, details, request):
        return continuation(self._prepare(details), request)

    intercept_unary_unary = _continue
    intercept_unary_stream = _continue
    intercept_stream_unary = _continue
    intercept_stream_stream = _continue


class _SafeFolder(_EachCall):
    """Checks the socket's folder before each call, since gRPC opens a connection for a call without asking."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def _prepare(self, details):
        check_socket_folder(self._folder)
        return details


class _Bearer(_EachCall):
    """Sends a token with each call. gRPC's call credentials require TLS, even on the loopback interface."""

    def __init__(self, tokens: Callable[[], str]) -> None:
        self._tokens = tokens

    def _prepare(self, details):
        try:
            token = self._tokens()
        except SlipwayError:
            raise
        except Exception as error:
            message = f"The function that gives the tokens of calls failed: {error}."
            raise SlipwayError(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_SOURCE_FAILED", message) from error
        header = ("authorization", f"Bearer {token}")
        return details._replace(metadata=[*(details.metadata or ()), header])
