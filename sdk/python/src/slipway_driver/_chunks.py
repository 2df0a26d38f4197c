"""Streams of bytes in messages."""

from collections.abc import Callable, Iterator

# Larger messages are not faster.
CHUNK_BYTES = 256 << 10


class Reader:
    """Bytes that the host sends. It is iterable, and a file for what only calls ``read``, such as ``tarfile`` in the mode
    ``"r|"`` and ``shutil.copyfileobj``."""

    _rest = b""

    def _chunk(self) -> bytes | None:
        """The next bytes; None at the end."""
        raise NotImplementedError

    def read(self, size: int = -1) -> bytes:
        """Reads so many bytes, fewer at the end; all by default."""
        parts, missing = [], size
        while missing:
            if not self._rest:
                chunk = self._chunk()
                if chunk is None:
                    break
                self._rest = chunk
            part = self._rest if missing < 0 else self._rest[:missing]
            self._rest = self._rest[len(part) :]
            parts.append(part)
            missing -= len(part) if missing > 0 else 0
        return b"".join(parts)

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(CHUNK_BYTES):
            yield data


class Writer:
    """Bytes for the host. It is a file for what only calls ``write``, such as ``tarfile`` in the mode ``"w|"`` and
    ``shutil.copyfileobj``."""

    def __init__(self, send: Callable[[bytes], None]):
        self._send_bytes = send
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Writes bytes; waits for the host."""
        self._waiting += data
        while len(self._waiting) >= CHUNK_BYTES:
            chunk = bytes(self._waiting[:CHUNK_BYTES])
            del self._waiting[:CHUNK_BYTES]
            self._send_bytes(chunk)
        return len(data)

    def _flush(self) -> None:
        if self._waiting:
            self._send_bytes(bytes(self._waiting))
            self._waiting.clear()
