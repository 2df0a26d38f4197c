from __future__ import annotations

import os
from typing import Callable, Optional

import grpc

from ._address import Address
from ._errors import SlipwayError, is_refused_token, typed
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
    """Sends a token with each call. gRPC's call credentials require TLS, even on the loopback interface.

    A call that does not stream is repeated once when the host refuses its token and there is another one.
    """

    def __init__(self, tokens: Callable[[], str]) -> None:
        self._tokens = tokens

    def intercept_unary_unary(self, continuation, details, request):
        token = self._token()
        call = continuation(_authorized(details, token), request)
        # What `future` returns is not done.
        if not call.done() or not self._is_refused(token, call):
            return call
        other = self._token()
        return call if other == token else continuation(_authorized(details, other), request)

    def _stream(self, continuation, details, request):
        token = self._token()
        call = continuation(_authorized(details, token), request)
        return _ObservedStream(call, lambda error: self._is_refused(token, error))

    intercept_unary_stream = _stream
    intercept_stream_stream = _stream

    def _prepare(self, details):
        return _authorized(details, self._token())

    def _token(self) -> str:
        try:
            return self._tokens()
        except SlipwayError:
            raise
        except Exception as error:
            message = f"The function that gives the tokens of calls failed: {error}."
            raise SlipwayError(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_SOURCE_FAILED", message) from error

    def _is_refused(self, token: str, call) -> bool:
        """Whether the host has refused the token of a call. If so, tells the source of the token."""
        if not isinstance(call, grpc.RpcError) or not is_refused_token(typed(call)):
            return False
        tell = getattr(self._tokens, "refused", None)
        if tell:
            tell(token)
        return True


class _ObservedStream:
    """A call that streams, whose error is observed."""

    def __init__(self, call, observe: Callable[[grpc.RpcError], object]) -> None:
        self._call = call
        self._observe = observe

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self._call)
        except grpc.RpcError as error:
            self._observe(error)
            raise

    def __getattr__(self, name: str):
        return getattr(self._call, name)


def _authorized(details, token: str):
    return details._replace(metadata=[*(details.metadata or ()), ("authorization", f"Bearer {token}")])
