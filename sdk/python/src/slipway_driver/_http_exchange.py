"""A request of HTTP/1.1 on a connection of the driver."""

from __future__ import annotations

import contextlib
import http.client
import io
import threading
import typing
from collections.abc import Callable

from slipway_driver._call import Call
from slipway_driver._chunks import CHUNK_BYTES, Reader
from slipway_driver._endpoint import Connection
from slipway_driver._errors import DriverError
from slipway_driver._streams import end

if typing.TYPE_CHECKING:
    from slipway_driver._archive_transfer import ArchiveRequest


def exchange(
    connection: Connection,
    request: ArchiveRequest,
    body: Reader | None,
    call: Call,
    lost: Callable[[Exception], DriverError],
) -> tuple[int, Reader]:
    """Makes one request on a connection, and returns the status and body of the answer when its head has come.

    The body may not be sent completely then: an error may be answered early, also by a server that closes the connection at
    once. It is sent until the answer ends, which closes the connection.
    """
    sending = http.client.HTTPConnection("localhost")
    sending.sock = _Socket(connection)
    made = _Exchange(connection, call, lost)
    with made.explained():
        sending.putrequest(request.method, request.path, skip_accept_encoding=True)
        sending.putheader("Connection", "close")
        if body is not None:
            sending.putheader("Transfer-Encoding", "chunked")
        for name, value in request.headers.items():
            sending.putheader(name, value)
        sending.endheaders()
        if body is not None:
            threading.Thread(target=made.send, args=[body], daemon=True).start()
        answer = http.client.HTTPResponse(sending.sock, method=request.method)
        answer.begin()
    return answer.status, _Body(made, answer)


class _Exchange:
    """One request and its answer."""

    def __init__(self, connection: Connection, call: Call, lost: Callable[[Exception], DriverError]):
        self._connection, self._call, self._lost = connection, call, lost
        self._failure: Exception | None = None

    def send(self, body: Reader) -> None:
        """Sends the body in chunks. When it cannot be read, the exchange fails with that error."""
        try:
            while data := body.read(CHUNK_BYTES):
                with contextlib.suppress(OSError):  # Reading fails too, or there is an early answer to read.
                    self._connection.sendall(b"%x\r\n%b\r\n" % (len(data), data))
            with contextlib.suppress(OSError):
                self._connection.sendall(b"0\r\n\r\n")
        except Exception as error:
            self._failure = error
            self.close()

    def close(self) -> None:
        """Ends both directions, and what reads or writes."""
        end(self._connection)
        self._connection.close()

    @contextlib.contextmanager
    def explained(self) -> typing.Iterator[None]:
        """Converts the errors of reading the answer."""
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self._call.check()
            raise self._failure or self._lost(error) from error


class _Body(Reader):
    """The body of an answer. The connection closes at its end."""

    def __init__(self, made: _Exchange, answer: http.client.HTTPResponse):
        self._made, self._answer = made, answer

    def _chunk(self) -> bytes | None:
        with self._made.explained():
            data = self._answer.read1(CHUNK_BYTES)
            if not data and self._answer.length:
                raise http.client.IncompleteRead(data, self._answer.length)
        if not data:
            self._made.close()
        return data or None


class _Socket(io.RawIOBase):
    """A connection as the HTTP client needs it."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self.sendall = connection.sendall

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, CHUNK_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        data = self._connection.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)
