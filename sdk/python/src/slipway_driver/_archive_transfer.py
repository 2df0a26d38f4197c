"""How an image archive travels."""

import dataclasses
from collections.abc import Callable, Mapping

from slipway.driver.v1 import image_store_pb2

from slipway_driver._call import Call
from slipway_driver._chunks import Reader
from slipway_driver._endpoint import Connection, Endpoint
from slipway_driver._errors import Code, DriverError
from slipway_driver._http_exchange import exchange
from slipway_driver._relay import Relay


@dataclasses.dataclass(frozen=True)
class ArchiveRequest:
    """A request of HTTP/1.1 whose body, or whose answer's body, is an image archive."""

    endpoint: Endpoint
    """Where the server listens. The host connects to :func:`unix` and :func:`tcp` itself, so that the archive's bytes do not
    pass through the plugin."""
    method: str
    """"POST", for example."""
    path: str
    """The path with its query, in printable ASCII."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Header fields, without those that frame the request: Connection, Content-Length, Expect, Trailer, Transfer-Encoding and
    Upgrade."""


@dataclasses.dataclass(frozen=True)
class ArchiveAnswer:
    """The answer to an :class:`ArchiveRequest`."""

    status: int
    """The status code."""
    body: Reader
    """The body. Reading it fails with CONNECTION_LOST when the connection breaks."""


class ArchiveTransfer:
    """The one transfer of a call: an HTTP request by the host or by this process, or the messages of the call."""

    def __init__(
        self,
        call: Call,
        path: str | None,
        tell: Callable[[image_store_pb2.ArchiveTransfer], None],
        next_part: Callable[[], image_store_pb2.HttpAnswer | None],
    ):
        """
        :param call: whose archive it is
        :param path: where a socket is made; none when the host is on another machine
        :param tell: tells the host how the archive travels
        :param next_part: takes the next part of the host's answer; None after the last
        """
        self._call, self._tell, self._next_part = call, tell, next_part
        self._relay = Relay(call, path, connection_lost)
        self._is_chosen = False
        self._connection: Connection | None = None

    def stream(self) -> None:
        """Has the archive travel in the messages of the call."""
        self._choose(image_store_pb2.ArchiveTransfer(stream=image_store_pb2.StreamTransfer()))

    def request(self, request: ArchiveRequest, body: Reader | None = None) -> tuple[ArchiveAnswer, bool]:
        """Makes a request. Returns the answer, and whether the host has made the request; it has not read the body then."""
        offered = self._relay.offer(request.endpoint)
        if offered.HasField("tunnel"):  # Only this process reaches the server.
            self._connection = self._relay.connect(self._call)
            return ArchiveAnswer(*exchange(self._connection, request, body, self._call, connection_lost)), False
        headers = [image_store_pb2.HttpHeader(name=name, value=value) for name, value in request.headers.items()]
        http = image_store_pb2.HttpTransfer(method=request.method, path=request.path, headers=headers)
        if offered.HasField("unix"):
            http.unix.CopyFrom(offered.unix)
        else:
            http.tcp.CopyFrom(offered.tcp)
        self._choose(image_store_pb2.ArchiveTransfer(http=http))
        part = self._next_part()
        if part is None or not part.HasField("status"):
            raise _broken(part)
        return ArchiveAnswer(part.status, _AnswerBody(self._next_part)), True

    def end(self) -> None:
        """Closes what the transfer opened."""
        self._relay.end()
        if self._connection:
            self._connection.close()

    def _choose(self, transfer: image_store_pb2.ArchiveTransfer) -> None:
        if self._is_chosen:
            raise RuntimeError("an image archive was sent or received twice")
        self._is_chosen = True
        self._tell(transfer)


class _AnswerBody(Reader):
    """The body of an answer to the host."""

    def __init__(self, next_part: Callable[[], image_store_pb2.HttpAnswer | None]):
        self._next_part = next_part

    def _chunk(self) -> bytes | None:
        part = self._next_part()
        if part is not None and not part.HasField("body"):
            raise _broken(part)
        return part.body if part else None


def _broken(part: image_store_pb2.HttpAnswer | None) -> DriverError:
    """The error of an answer whose next part is not the expected one."""
    if part is not None and part.HasField("failure"):
        return connection_lost(OSError(part.failure))
    return transfer_incomplete("The answer of an HTTP server is out of order, or incomplete.")


def connection_lost(cause: Exception) -> DriverError:
    """The error of a connection that carries an image archive."""
    message = f"The connection that carries the image archive broke: {cause}."
    return DriverError(Code.UNAVAILABLE, "CONNECTION_LOST", message)


def transfer_incomplete(message: str) -> DriverError:
    """INVALID_ARGUMENT: the requests of a call that carries an archive are wrong."""
    return DriverError(Code.INVALID_ARGUMENT, "TRANSFER_INCOMPLETE", message)
