"""Byte streams between connections."""

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator

from slipway_driver._chunks import CHUNK_BYTES
from slipway_driver._endpoint import Connection


def chunks(connection: Connection) -> Iterator[bytes]:
    """All bytes of a connection."""
    while data := connection.recv(CHUNK_BYTES):
        yield data


def pump(data: Iterable[bytes], sink: Connection) -> None:
    """Writes all data, and half-closes after the last."""
    for one in data:
        sink.sendall(one)
    half_close(sink)


def half_close(sink: Connection) -> None:
    """Ends writing; a connection that is broken already stays so."""
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def end(connection: Connection) -> None:
    """Ends both directions, and with them a running recv."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def splice(a: Connection, b: Connection) -> None:
    """Passes the bytes of two connections to each other until both directions have ended. An error counts as an end, since
    raw bytes cannot carry it."""

    def one(source: Connection, sink: Connection) -> None:
        try:
            pump(chunks(source), sink)
        except OSError:
            half_close(sink)

    other = threading.Thread(target=one, args=(b, a), daemon=True)
    other.start()
    one(a, b)
    other.join()
