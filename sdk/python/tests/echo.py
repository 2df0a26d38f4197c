"""A server that stands for a BuildKit."""

import contextlib
import socket
import tempfile
import threading

SETTINGS = b"\0\0\0\4\0\0\0\0\0"


@contextlib.contextmanager
def echo():
    """A server that sends SETTINGS unasked, then what it receives, and "end" after the end of that."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/s")
        server.listen()

        def carry(connection):
            with connection, contextlib.suppress(OSError):
                connection.sendall(SETTINGS)
                while data := connection.recv(1 << 16):
                    connection.sendall(data)
                connection.sendall(b"end")

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=carry, args=[server.accept()[0]], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"{folder}/s"


def read_all(connection) -> bytes:
    """What a connection receives until its end."""
    data = b""
    while more := connection.recv(1 << 16):
        data += more
    return data
