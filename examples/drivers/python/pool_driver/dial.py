"""The sockets of Dial: one for each configuration and affinity. Their connections go to a member that answers."""

import asyncio
import hashlib
import os

from slipway.driver.v1 import node_pb2

from pool_driver.configuration import members_of, timeout_of
from slipway_plugin.log import log
from pool_driver.members import Pool, Stream

CHUNK_BYTES = 256 << 10


class Dialer:
    """Owns the sockets, and the connections to them."""

    def __init__(self, folder: str, pool: Pool):
        self._folder, self._pool = folder, pool
        self._servers: dict[str, asyncio.Server] = {}
        # asyncio drops its reference to a connection's task when the client disconnects.
        self._tasks: set[asyncio.Task] = set()
        self._lock = asyncio.Lock()

    async def open(self, config: node_pb2.NodeConfig, key: str) -> Stream:
        """Opens a stream. Raises DriverError if no member answers."""
        return await self._pool.open(members_of(config), key, timeout_of(config))

    async def listen(self, config: node_pb2.NodeConfig, key: str) -> str:
        """Returns the path of a socket; each connection to it is a separate stream."""
        digest = hashlib.sha256(config.SerializeToString(deterministic=True) + key.encode()).hexdigest()[:12]
        path = os.path.join(self._folder, f"{digest}.sock")
        async with self._lock:
            if path not in self._servers:

                def accept(reader, writer):
                    task = asyncio.create_task(self._carry(config, key, reader, writer))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

                self._servers[path] = await asyncio.start_unix_server(accept, path, limit=CHUNK_BYTES)
                os.chmod(path, 0o600)
        return path

    async def _carry(self, config, key, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            stream = await self.open(config, key)
        except Exception as error:
            # A raw byte stream cannot carry an error. The host calls Dial again and gets it there.
            log.warning("Cannot connect to BuildKit: %s", error)
            writer.close()
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(pump(stream.chunks(CHUNK_BYTES), writer))
                both.create_task(pump(chunks_of(reader), stream.writer))
        except* OSError as errors:
            log.info("A connection to %s broke: %s", stream.member, errors.exceptions[0])
        finally:
            writer.close()
            stream.close()

    async def close(self) -> None:
        """Closes all sockets and connections."""
        for path, server in self._servers.items():
            server.close()
            if os.path.exists(path):
                os.unlink(path)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def chunks_of(reader: asyncio.StreamReader):
    """Yields all bytes of a connection."""
    while data := await reader.read(CHUNK_BYTES):
        yield data


async def pump(chunks, writer: asyncio.StreamWriter) -> None:
    """Writes chunks with back-pressure, and half-closes after the last one."""
    async for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
