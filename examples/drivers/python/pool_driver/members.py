"""The daemons of a pool: their addresses, whether they answer, and which one a build uses."""

import hashlib
import os
import re
import socket
import time

from slipway_driver import Code, DriverError

_FRAME_BYTES = 9
_SETTINGS = 4
# How long a member that did not answer is tried last, in seconds.
_DOWN_SECONDS = 10


def parse_member(text: str) -> str:
    """Returns an address in normal form; raises ValueError with a clause."""
    text = text.strip()
    tcp = re.fullmatch(r"tcp://(\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})/?", text)
    if tcp and 0 < int(tcp[2]) < 65536:
        return f"tcp://{tcp[1].lower()}:{int(tcp[2])}"
    if text.startswith("unix:///"):
        return f"unix://{os.path.normpath(text[len('unix://'):])}"
    raise ValueError("expected tcp://host:port or unix:///path")


def _connect(member: str, timeout: float) -> socket.socket:
    if not member.startswith("unix://"):
        host, port = member.removeprefix("tcp://").rsplit(":", 1)
        return socket.create_connection((host.strip("[]"), int(port)), timeout)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout)
    try:
        connection.connect(member.removeprefix("unix://"))
    except OSError:
        connection.close()
        raise
    return connection


def open_member(member: str, timeout: float) -> socket.socket:
    """Opens a stream to a member, and waits for BuildKit: an HTTP/2 server sends its SETTINGS first."""
    try:
        connection = _connect(member, timeout)
    except TimeoutError as error:
        raise OSError(f"no answer within {timeout:g} s") from error
    try:
        # The bytes stay in the connection.
        preface = connection.recv(_FRAME_BYTES, socket.MSG_PEEK | socket.MSG_WAITALL)
        if not preface:
            raise OSError("the connection was closed without an answer")
        if len(preface) < _FRAME_BYTES or preface[3] != _SETTINGS:
            raise OSError("the answer is not HTTP/2")
        connection.settimeout(None)
        return connection
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError):
            raise OSError(f"no answer within {timeout:g} s") from error
        raise


class Pool:
    """Chooses a member. Its state only makes the choice faster."""

    def __init__(self):
        self._down: dict[str, float] = {}
        self._next = 0

    def open(self, members: list[str], key: str, timeout: float) -> socket.socket:
        """Opens a stream to the first member that answers, in the key's order."""
        failures = []
        for member in self._order(members, key):
            try:
                connection = open_member(member, timeout)
                self._down.pop(member, None)
                return connection
            except OSError as error:
                self._down[member] = time.monotonic()
                failures.append(f"{member}: {error}")
        raise DriverError(
            Code.UNAVAILABLE,
            "POOL_UNREACHABLE",
            f"No member of the pool answers: {'; '.join(failures)}.",
            "Start a member, or change the driver option members.",
        )

    def _order(self, members: list[str], key: str) -> list[str]:
        """Rendezvous hashing: each key has its own order, and removing a member moves only its keys."""
        if key:
            ranked = sorted(members, key=lambda member: hashlib.sha256(f"{key}\0{member}".encode()).digest())
        else:
            self._next += 1
            ranked = [members[(index + self._next) % len(members)] for index in range(len(members))]
        now = time.monotonic()
        return sorted(ranked, key=lambda member: now - self._down.get(member, -_DOWN_SECONDS) < _DOWN_SECONDS)
