"""The same store behind an HTTP server, as an engine has one."""

import functools
import http.server
import json
import socket
import threading
import urllib.parse

from layout import Layout
from slipway_driver import ArchiveRequest, Code, DriverError, stream, tcp
from slipway_driver._chunks import Reader

SERVER = "SAMPLE_SERVER"
"""Variable that has the archives travel by HTTP: "direct" or "relayed"."""


class _Body(Reader):
    """The chunked body of a request."""

    def __init__(self, file):
        self._file, self._is_over = file, False

    def _chunk(self):
        if self._is_over:
            return None
        line = self._file.readline()
        size = int(line, 16) if line.strip() else -1
        data = self._file.read(max(size, 0))
        if size < 0 or len(data) < size:
            raise ValueError("the archive was cut")
        self._file.readline()
        self._is_over = size == 0
        return data


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = _Body(self.rfile)

        def load(folder, _names):
            names = Layout(folder).load(body)
            self._answer(200, names)

        self._handle(load, body)

    def do_GET(self):
        def save(folder, names):
            layout = Layout(folder)
            layout.find(names)
            self.send_response(200)
            self.end_headers()
            layout.save(names, self.wfile)

        self._handle(save, None)

    def _handle(self, work, body):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        try:
            work(query["folder"][0], query.get("name", []))
        except DriverError as error:
            for _ in body or ():
                pass  # A server that refuses an archive reads on.
            self._answer(400, [error.code.name, error.reason, error.message])

    def _answer(self, status, value):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_):
        pass


@functools.cache
def _port():
    """Starts the server once."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def _request(way, method, folder, names=()):
    endpoint = tcp("127.0.0.1", _port())
    if way == "relayed":
        endpoint = stream(lambda _call: socket.create_connection(("127.0.0.1", _port())))
    query = urllib.parse.urlencode({"folder": folder, "name": names}, doseq=True)
    return ArchiveRequest(endpoint, method, f"/?{query}", {"Content-Type": "application/x-tar"})


def load_by_server(way, folder, archive):
    """Has an archive sent to the server; returns the names."""
    answer = archive.send_to(_request(way, "POST", folder))
    return _read(answer)


def save_by_server(way, folder, names, archive):
    """Has an archive fetched from the server."""
    answer = archive.fetch_from(_request(way, "GET", folder, names))
    if answer.status != 200:
        _read(answer)


def _read(answer):
    body = answer.body.read()
    try:
        value = json.loads(body)
    except ValueError as error:
        raise DriverError(Code.UNKNOWN, "SERVER_FAULT", f"The server failed: {body!r}.") from error
    if answer.status == 200:
        return value
    code, reason, message = value
    raise DriverError(Code[code], reason, message)
