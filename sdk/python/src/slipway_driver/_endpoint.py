"""Where the BuildKit of a node, or the server of an image store, is reached."""

import datetime
import os
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp
from slipway.driver.v1 import driver_pb2

from slipway_driver._call import Call
from slipway_driver._errors import Code, DriverError
from slipway_driver._messages import Tls

# How long BuildKit may take to accept a connection or to answer a probe, in seconds.
_TIMEOUT = 3


class Connection(Protocol):
    """A byte stream; a socket is one."""

    def recv(self, size: int, /) -> bytes:
        """Returns up to so many bytes; none at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Writes all bytes."""

    def shutdown(self, how: int, /) -> None:
        """Ends writing (``socket.SHUT_WR``), or both directions (``socket.SHUT_RDWR``), which ends a running ``recv``."""

    def close(self) -> None:
        """Closes it."""


class Endpoint:
    """Where BuildKit, or the server of an image store, is reached. :func:`unix`, :func:`tcp` and :func:`stream` make one."""

    def __init__(
        self,
        open: Callable[[Call], Connection],
        direct: driver_pb2.Endpoint | None = None,
        expires: Timestamp | None = None,
        is_reusable: bool = False,
    ):
        self._open = open
        self._direct = direct
        self._expires = expires
        self._is_reusable = is_reusable

    def until(self, expires: datetime.datetime) -> "Endpoint":
        """The same endpoint; the host opens no connection to it after this time. Offer the next one before."""
        return Endpoint(self._open, self._direct, timestamp(expires), self._is_reusable)

    def reusable(self) -> "Endpoint":
        """The same endpoint, of a lease that the host may keep for some seconds after a build.

        It then serves the next build with the same configuration, principal, platforms and affinity key: a new lease
        would lead to the same BuildKit.
        """
        return Endpoint(self._open, self._direct, self._expires, True)

    def probe(self, call: Call) -> None:
        """Connects and waits until BuildKit answers; with a socket for a few seconds at most.

        :raises OSError: it does not answer; the message is a clause
        """
        connection = self._open(call)
        try:
            if isinstance(connection, socket.socket):
                connection.settimeout(_TIMEOUT)
            # An HTTP/2 server sends its SETTINGS first.
            frame = b""
            while len(frame) < 9:
                data = connection.recv(9 - len(frame))
                if not data:
                    raise OSError("the connection was closed without an answer")
                frame += data
            if frame[3] != 4:
                raise OSError("the answer is not HTTP/2")
        finally:
            connection.close()

    def _connect(self, call: Call, untyped: Callable[[OSError], DriverError]) -> Connection:
        """Opens a connection. An error that the driver did not type is converted."""
        try:
            return self._open(call)
        except OSError as error:
            call.check()
            raise untyped(error) from error


def unreachable(cause: OSError) -> DriverError:
    """The error of a connection to BuildKit that cannot be opened."""
    return DriverError(Code.UNAVAILABLE, "BUILDKIT_UNREACHABLE", f"BuildKit cannot be reached: {cause}.")


def timestamp(moment: datetime.datetime) -> Timestamp:
    """A time as the protocol has it. One without a zone is UTC."""
    converted = Timestamp()
    converted.FromDatetime(moment)
    return converted


def unix(path: str) -> Endpoint:
    """A unix socket on which BuildKit, or the server of an image store, listens.

    The host connects to it directly. The path is absolute and has at most 107 bytes.
    """

    def connect(_call: Call) -> Connection:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(_TIMEOUT)
            connection.connect(path)
            connection.settimeout(None)
        except BaseException:
            connection.close()
            raise
        return connection

    return Endpoint(connect, driver_pb2.Endpoint(unix={"path": path}))


def tcp(host: str, port: int, tls: Tls | None = None) -> Endpoint:
    """A TCP address on which BuildKit, or the server of an image store, listens.

    The host connects to it directly, in plain text without TLS material.
    """

    def connect(_call: Call) -> Connection:
        connection = socket.create_connection((host, port), _TIMEOUT)
        try:
            if tls:
                connection = _tls_context(tls).wrap_socket(connection, server_hostname=tls.server_name or host)
            connection.settimeout(None)
        except BaseException:
            connection.close()
            raise
        return connection

    return Endpoint(connect, driver_pb2.Endpoint(tcp={"host": host, "port": port, "tls": tls}))


def stream(open: Callable[[Call], Connection]) -> Endpoint:
    """A byte stream to BuildKit, or to the server of an image store, that only the plugin can open, for example through a program or an API.

    The SDK carries its bytes to the host. It calls ``open`` for each connection, in any thread; the call covers only the
    opening.
    """
    return Endpoint(open)


def _tls_context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=tls.ca.decode() if tls.ca else None)
    context.set_alpn_protocols(["h2"])
    if tls.certificate:
        if not hasattr(os, "memfd_create"):
            raise OSError("client certificates in memory need Linux")
        # The library reads files only, and keys must not be on a disk.
        with os.fdopen(os.memfd_create("certificate"), "wb") as file:
            file.write(tls.certificate + b"\n" + tls.key)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context
