"""The daemons of a pool: their addresses, whether they answer, and which one a build goes to."""

import asyncio
import hashlib
import os
import re
import time

import grpc

from slipway_plugin.errors import DriverError

_FRAME_BYTES = 9
_SETTINGS = 4
# A member that did not answer is tried last for so long, in seconds.
_DOWN_SECONDS = 10


def parse_member(text: str) -> str:
    """Returns an address in its normal form; raises ValueError that says what is expected."""
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
    """Opens a stream to a member, once BuildKit has greeted on it: an HTTP/2 server sends its settings unasked."""
    writer = None
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await _connect(member)
            greeting = await reader.readexactly(_FRAME_BYTES)
        if greeting[3] != _SETTINGS:
            raise OSError("what answers speaks no HTTP/2")
        return Stream(member, reader, writer, greeting)
    except BaseException as error:
        if writer:
            writer.close()
        if isinstance(error, TimeoutError):
            raise OSError(f"no answer within {timeout:g} s") from error
        if isinstance(error, asyncio.IncompleteReadError):
            raise OSError("it hung up without a greeting") from error
        raise


class Stream:
    """A byte stream to one member; the greeting is already off it and goes before what is read."""

    def __init__(self, member: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeting: bytes):
        self.member, self.greeting, self.reader, self.writer = member, greeting, reader, writer

    async def chunks(self, size: int):
        """All bytes from BuildKit."""
        yield self.greeting
        while data := await self.reader.read(size):
            yield data

    def close(self) -> None:
        """Ends both directions."""
        self.writer.close()


class Pool:
    """Chooses among members. What it remembers only makes it quicker: forgetting it changes no answer."""

    def __init__(self):
        self._down: dict[str, float] = {}
        self._turn = 0

    async def open(self, members: list[str], key: str, timeout: float) -> Stream:
        """Opens a stream to the first member that answers, those first that the key prefers."""
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
            f"no member of the pool answers: {'; '.join(failures)}",
            "Start one of them, or take it out of the list.",
        )

    def _order(self, members: list[str], key: str) -> list[str]:
        """Rendezvous hashing: each key has its own order, and a member that goes moves only its own keys."""
        if key:
            ranked = sorted(members, key=lambda member: hashlib.sha256(f"{key}\0{member}".encode()).digest())
        else:
            self._turn += 1
            ranked = [members[(index + self._turn) % len(members)] for index in range(len(members))]
        now = time.monotonic()
        return sorted(ranked, key=lambda member: now - self._down.get(member, -_DOWN_SECONDS) < _DOWN_SECONDS)
