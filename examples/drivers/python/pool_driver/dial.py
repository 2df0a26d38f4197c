"""The sockets behind Dial: one for each configuration and affinity, whose connections go to a member that answers."""

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
        # asyncio itself forgets a connection's task when its client goes.
        self._carrying: set[asyncio.Task] = set()
        self._lock = asyncio.Lock()

    async def open(self, config: node_pb2.NodeConfig, key: str) -> Stream:
        """Opens one stream. Raises DriverError when no member answers."""
        return await self._pool.open(members_of(config), key, timeout_of(config))

    async def listen(self, config: node_pb2.NodeConfig, key: str) -> str:
        """Returns the path of a socket on which each connection is a stream of its own."""
        wanted = hashlib.sha256(config.SerializeToString(deterministic=True) + key.encode()).hexdigest()[:12]
        path = os.path.join(self._folder, f"{wanted}.sock")
        async with self._lock:
            if path not in self._servers:

                def accept(reader, writer):
                    task = asyncio.create_task(self._carry(config, key, reader, writer))
                    self._carrying.add(task)
                    task.add_done_callback(self._carrying.discard)

                self._servers[path] = await asyncio.start_unix_server(accept, path, limit=CHUNK_BYTES)
                os.chmod(path, 0o600)
        return path

    async def _carry(self, config, key, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            stream = await self.open(config, key)
        except Exception as error:
            # A raw byte stream has no place for an error: the host dials again and gets it there.
            log.warning("cannot connect to BuildKit: %s", error)
            writer.close()
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(pump(stream.chunks(CHUNK_BYTES), writer))
                both.create_task(pump(chunks_of(reader), stream.writer))
        except* OSError as errors:
            log.info("a connection to %s broke: %s", stream.member, errors.exceptions[0])
        finally:
            writer.close()
            stream.close()

    async def close(self) -> None:
        """Ends all sockets."""
        for path, server in self._servers.items():
            server.close()
            if os.path.exists(path):
                os.unlink(path)
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)


async def chunks_of(reader: asyncio.StreamReader):
    """All bytes of a connection."""
    while data := await reader.read(CHUNK_BYTES):
        yield data


async def pump(chunks, writer: asyncio.StreamWriter) -> None:
    """Writes chunks at the reader's pace, and half-closes after the last one."""
    async for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
