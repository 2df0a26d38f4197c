"""How the host reaches an endpoint through this process."""

import contextlib
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable

from slipway.driver.v1 import driver_pb2

from slipway_driver._call import Call
from slipway_driver._endpoint import Connection, Endpoint
from slipway_driver._errors import Code, DriverError
from slipway_driver._streams import end, splice

_log = logging.getLogger(__name__)

# Longest path of a unix socket, in bytes.
_MAX_PATH = 103 if sys.platform == "darwin" else 107
# How long a stream that was opened as a probe waits for a connection, in seconds.
_CLAIM_SECONDS = 10


class Relay:
    """Leads the host to an endpoint: to its address, or by streams through this process and the unix socket that leads to
    them.

    With :func:`stream` the first one is opened when the endpoint is offered, to see whether the server can be reached; the
    next connection gets it.
    """

    def __init__(self, call: Call, path: str | None, untyped: Callable[[OSError], DriverError]):
        """
        :param call: whose streams these are
        :param path: where the socket is made; none when the host is on another machine
        :param untyped: converts an error of opening a stream that the driver did not type
        """
        self._call, self._path, self._untyped = call, path, untyped
        self._lock = threading.Lock()
        self._endpoint: Endpoint | None = None
        self._listener: socket.socket | None = None
        self._probe: Connection | None = None
        self._carried: set[Connection] = set()
        self._ended = False

    def offer(self, endpoint: Endpoint) -> driver_pb2.Endpoint:
        """What the host is told of an endpoint."""
        self._endpoint = endpoint
        answer = driver_pb2.Endpoint(expire_time=endpoint._expires, reusable=endpoint._is_reusable)
        direct = endpoint._direct
        if direct and (self._path or direct.HasField("tcp")):
            answer.MergeFrom(direct)
            return answer
        probe = endpoint._connect(self._call, self._untyped)
        try:
            with self._lock:
                self._call.check()
                if self._path and not self._listener:
                    self._listen(self._path)
                previous, self._probe = self._probe, probe
        except BaseException:
            probe.close()
            raise
        if previous:
            previous.close()
        timer = threading.Timer(_CLAIM_SECONDS, self._expire, [probe])
        timer.daemon = True
        timer.start()
        if self._path:
            answer.unix.path = self._path
        else:
            answer.tunnel.SetInParent()
        return answer

    def connect(self, call: Call) -> Connection:
        """Opens a stream, which ends with the relay. The caller closes it and calls :meth:`forget`."""
        with self._lock:
            probe, self._probe = self._probe, None
        connection = probe or self._endpoint._connect(call, self._untyped)
        with self._lock:
            self._carried.add(connection)
            ended = self._ended
        if ended:
            end(connection)
        return connection

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        with self._lock:
            self._carried.discard(connection)

    def end(self) -> None:
        """Ends all streams, and deletes the socket."""
        with self._lock:
            self._ended = True
            listener, self._listener = self._listener, None
            probe, self._probe = self._probe, None
            carried = list(self._carried)
        if listener:
            # Closing alone does not end a running accept.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
        if probe:
            probe.close()
        for connection in carried:
            end(connection)

    def _expire(self, probe: Connection) -> None:
        with self._lock:
            if self._probe is not probe:
                return
            self._probe = None
        probe.close()

    def _listen(self, path: str) -> None:
        if len(os.fsencode(path)) > _MAX_PATH:
            message = f"The socket path {path} is longer than {_MAX_PATH} bytes."
            remedy = "Use a shorter folder for the host's runtime files."
            raise DriverError(Code.FAILED_PRECONDITION, "SOCKET_PATH_TOO_LONG", message, remedy)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        os.chmod(path, 0o600)
        self._listener.listen(128)
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # It was closed.
            threading.Thread(target=self._carry, args=[connection], daemon=True).start()

    def _carry(self, connection: socket.socket) -> None:
        with connection:
            try:
                stream = self.connect(self._call)
            except Exception as error:
                # A raw byte stream cannot carry an error. The host tries again and gets it then.
                if not self._call.cancelled:
                    _log.warning("Cannot connect the host: %s", error)
                return
            try:
                splice(connection, stream)
            finally:
                stream.close()
                self.forget(stream)
