"""The folder for the sockets of a plugin whose host provides none, or that its author runs."""

import contextlib
import os
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator

_PREFIX = "slipway-plugin-"
# A folder without a socket may belong to a process that is starting; it is kept for this long.
_EMPTY_SECONDS = 60


@contextlib.contextmanager
def own_folder() -> Iterator[str]:
    """Makes a folder (0700), and deletes it at the end of the block.

    Nobody deletes the folder of a plugin that was killed, so this first removes those without a listening process.
    """
    with os.scandir(tempfile.gettempdir()) as found:
        folders = [entry for entry in found if entry.name.startswith(_PREFIX)]
    for entry in folders:
        # Another plugin may be removing it.
        with contextlib.suppress(OSError):
            if _is_dead(entry):
                shutil.rmtree(entry.path)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        yield folder


def _is_dead(entry: os.DirEntry[str]) -> bool:
    """Whether no process uses a folder. Raises OSError for another user's folder, which cannot be read."""
    if not entry.is_dir(follow_symlinks=False):
        return False
    sockets = os.listdir(entry.path)
    if not sockets and time.time() - entry.stat().st_mtime < _EMPTY_SECONDS:
        return False
    return all(_is_refused(os.path.join(entry.path, name)) for name in sockets)


def _is_refused(path: str) -> bool:
    """Whether a path is a socket on which no process listens; a killed process leaves the file."""
    # Somebody else's folder may have a name that begins like ours.
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        return False
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except ConnectionRefusedError:
            return True
    return False
