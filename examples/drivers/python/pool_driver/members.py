"""The daemons of a pool: their addresses, whether they answer, and which one a build uses."""

import asyncio
import hashlib
import os
import re
import time

import grpc

from slipway_plugin.errors import DriverError

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


async def _connect(member: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if member.startswith("unix://"):
        return await asyncio.open_unix_connection(member[len("unix://") :])
    host, port = member[len("tcp://") :].rsplit(":", 1)
    return await asyncio.open_connection(host.strip("[]"), int(port))


async def open_member(member: str, timeout: float) -> "Stream":
    """Opens a stream to a member, and waits for BuildKit: an HTTP/2 server sends its SETTINGS first."""
    writer = None
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await _connect(member)
            preface = await reader.readexactly(_FRAME_BYTES)
        if preface[3] != _SETTINGS:
            raise OSError("the answer is not HTTP/2")
        return Stream(member, reader, writer, preface)
    except BaseException as error:
        if writer:
            writer.close()
        if isinstance(error, TimeoutError):
            raise OSError(f"no answer within {timeout:g} s") from error
        if isinstance(error, asyncio.IncompleteReadError):
            raise OSError("the connection was closed without an answer") from error
        raise


class Stream:
    """A byte stream to a member; its first frame is already read."""

    def __init__(self, member: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, preface: bytes):
        self.member, self.preface, self.reader, self.writer = member, preface, reader, writer

    async def chunks(self, size: int):
        """Yields all bytes from BuildKit."""
        yield self.preface
        while data := await self.reader.read(size):
            yield data

    def close(self) -> None:
        """Closes both directions."""
        self.writer.close()


class Pool:
    """Chooses a member. Its state only makes the choice faster."""

    def __init__(self):
        self._down: dict[str, float] = {}
        self._next = 0

    async def open(self, members: list[str], key: str, timeout: float) -> Stream:
        """Opens a stream to the first member that answers, in the key's order."""
        failures = []
        for member in self._order(members, key):
            try:
                stream = await open_member(member, timeout)
                self._down.pop(member, None)
                return stream
            except OSError as error:
                self._down[member] = time.monotonic()
                failures.append(f"{member}: {error}")
        raise DriverError(
            grpc.StatusCode.UNAVAILABLE,
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
