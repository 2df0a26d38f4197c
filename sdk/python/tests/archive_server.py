"""An HTTP server that keeps one archive, and a host that carries archives to it."""

import contextlib
import http.client
import http.server
import socket
import socketserver
import tempfile
import threading

from slipway_driver import stream, unix


class ArchiveServer(socketserver.ThreadingUnixStreamServer):
    """Keeps the archive in ``stored``, and answers with the header X-Name."""

    daemon_threads = True
    stored = b""

    def __init__(self, path):
        self.path = path
        super().__init__(path, _Handler)

    def open(self, _call):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        return connection

    def cut(self, _call):
        """A connection whose other side is closed."""
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    def endpoints(self):
        return {"direct": unix(self.path), "relayed": stream(self.open)}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = b""
        while line := self.rfile.readline():
            body += self.rfile.read(int(line, 16))
            self.rfile.readline()
            if int(line, 16) == 0:
                break
        else:
            return  # The archive was cut.
        self.server.stored = body
        self._answer(200, self.headers["X-Name"].encode())

    def do_GET(self):
        if self.path == "/absent":
            self._answer(404, b"no image")
        else:
            self._answer(200, self.server.stored)

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "host"

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def archive_server():
    """A running server."""
    with tempfile.TemporaryDirectory() as folder, ArchiveServer(f"{folder}/s") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def make_request(transfer, body=None):
    """Makes the request of a transfer as a host does; returns the status and the body."""
    connection = http.client.HTTPConnection("host")
    connection.sock = socket.socket(socket.AF_UNIX)
    with connection.sock:
        connection.sock.connect(transfer.unix.path)
        headers = {one.name: one.value for one in transfer.headers}
        chunks = iter([body]) if body else None
        connection.request(transfer.method, transfer.path, chunks, headers, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.read()
