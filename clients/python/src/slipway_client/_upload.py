from __future__ import annotations

import hashlib
import os
import socket
import stat
from pathlib import Path
from typing import Iterator

from slipway.v1 import upload_pb2, upload_pb2_grpc

from ._ignore import IgnoreFile

PAGE_ENTRIES = 1024
"""Number of entries of a context in one message."""
BATCH_BYTES = 1 << 20
"""Bytes of contents in one message, unless the host's limit is lower."""


def upload_context(uploads: upload_pb2_grpc.UploadServiceStub, folder: str, max_bytes: int) -> str:
    """Uploads a folder, except for what its .dockerignore excludes. Sends only contents that the host lacks."""
    root = Path(folder).resolve(strict=True)
    ignored = IgnoreFile.of(root)
    created = uploads.CreateUpload(
        upload_pb2.CreateUploadRequest(manifest=True, cache_key=f"{socket.gethostname()}:{root}")
    )
    upload_id = created.upload.id
    try:
        upload = _Upload(uploads, upload_id, root, min(max_bytes or BATCH_BYTES, BATCH_BYTES))
        page: list[upload_pb2.ManifestEntry] = []
        for entry in _entries(root, ignored):
            page.append(entry)
            if len(page) == PAGE_ENTRIES:
                upload.send(page)
                page = []
        upload.send(page)
        uploads.FinishUpload(upload_pb2.FinishUploadRequest(id=upload_id))
    except BaseException:
        # Not awaited: the host removes unfinished uploads after a while.
        uploads.DeleteUpload.future(upload_pb2.DeleteUploadRequest(id=upload_id))
        raise
    return upload_id


class _Upload:
    """An upload in progress."""

    def __init__(
        self, uploads: upload_pb2_grpc.UploadServiceStub, upload_id: str, root: Path, chunk_bytes: int
    ) -> None:
        self._uploads = uploads
        self._id = upload_id
        self._root = root
        self._chunk_bytes = chunk_bytes

    def send(self, page: list[upload_pb2.ManifestEntry]) -> None:
        """Sends the entries of a page to the host, and the contents that it lacks."""
        answer = self._uploads.AddBlobs(upload_pb2.AddBlobsRequest(id=self._id, entries=page))
        missing = set(answer.missing_digests)
        batch: list[upload_pb2.Blob] = []
        size = 0
        for entry in page:
            if entry.digest not in missing:
                continue
            missing.remove(entry.digest)
            for blob in self._chunks(entry):
                if size + len(blob.data) > self._chunk_bytes:
                    self._put(batch)
                    batch, size = [], 0
                batch.append(blob)
                size += len(blob.data)
        self._put(batch)

    def _put(self, blobs: list[upload_pb2.Blob]) -> None:
        if blobs:
            self._uploads.AddBlobs(upload_pb2.AddBlobsRequest(id=self._id, blobs=blobs))

    def _chunks(self, entry: upload_pb2.ManifestEntry) -> Iterator[upload_pb2.Blob]:
        with open(self._root / _path(entry), "rb") as file:
            offset = 0
            while True:
                data = file.read(self._chunk_bytes)
                if data or offset == 0:
                    yield upload_pb2.Blob(
                        digest=entry.digest, size_bytes=entry.size_bytes, offset=offset, data=data
                    )
                offset += len(data)
                if len(data) < self._chunk_bytes:
                    return


def _entries(root: Path, ignored: IgnoreFile) -> Iterator[upload_pb2.ManifestEntry]:
    """The entries of a folder, parents first."""

    def walk(folder: Path) -> Iterator[upload_pb2.ManifestEntry]:
        for found in sorted(os.scandir(folder), key=lambda one: one.name):
            path = Path(found.path).relative_to(root).as_posix()
            is_folder = found.is_dir(follow_symlinks=False)
            if ignored.ignores(path) and not (is_folder and ignored.negates):
                continue
            yield _describe(found, path)
            if is_folder:
                yield from walk(Path(found.path))

    return walk(root)


def _describe(found: os.DirEntry[str], path: str) -> upload_pb2.ManifestEntry:
    info = found.stat(follow_symlinks=False)
    entry = upload_pb2.ManifestEntry(mode=stat.S_IMODE(info.st_mode))
    if _is_text(path):
        entry.path = path
    else:
        entry.raw_path = os.fsencode(path)
    entry.modify_time.FromNanoseconds(info.st_mtime_ns)
    if stat.S_ISDIR(info.st_mode):
        entry.type = upload_pb2.ENTRY_TYPE_DIRECTORY
    elif stat.S_ISLNK(info.st_mode):
        entry.type = upload_pb2.ENTRY_TYPE_SYMLINK
        target = os.readlink(found.path)
        if _is_text(target):
            entry.link_target = target
        else:
            entry.raw_link_target = os.fsencode(target)
    elif stat.S_ISREG(info.st_mode):
        entry.type = upload_pb2.ENTRY_TYPE_FILE
        entry.digest, entry.size_bytes = _digest(found.path)
    else:
        raise ValueError(f"{path} is a device or a pipe, which cannot be uploaded; list it in .dockerignore")
    return entry


def _is_text(name: str) -> bool:
    """Whether a name is UTF-8. Python has other bytes of it as surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _path(entry: upload_pb2.ManifestEntry) -> str:
    return os.fsdecode(entry.raw_path) if entry.raw_path else entry.path


def _digest(path: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
            size += len(data)
    return f"sha256:{digest.hexdigest()}", size
