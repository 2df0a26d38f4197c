from __future__ import annotations

import os
import stat
from collections.abc import Iterator

import grpc

from ._errors import SlipwayError

_MAX_LINKS = 40
"""How many links Linux follows in one path."""


def check_socket_folder(folder: str) -> bool:
    """Checks that no other user can have put a socket into a folder; returns False if there is no such folder.

    Nobody else can replace the folder either: it, each folder above it, and each link on the way belong to this user or
    to root, and nobody else can write to them. Folders above may be writable if they are sticky, as /tmp is.
    """
    try:
        for step, info in _steps_to(folder):
            if info.st_uid not in (os.getuid(), 0):
                raise _foreign(folder, step, info.st_uid)
            if _is_open(info) and not info.st_mode & stat.S_ISVTX and not stat.S_ISLNK(info.st_mode):
                raise _open(folder, step, info)
        target = os.stat(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISDIR(target.st_mode):
        raise _unsafe(folder, "it is not a folder", "Use another path for the socket.")
    if _is_open(target):
        raise _open(folder, folder, target)
    return True


def _steps_to(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Every folder and link that the kernel passes on the way to a path, and the path itself."""
    names = [".", *os.path.join(os.getcwd(), path).split("/")]
    at, links = "/", 0
    while names:
        step = os.path.normpath(os.path.join(at, names.pop(0)))
        info = os.lstat(step)
        yield step, info
        if not stat.S_ISLNK(info.st_mode):
            at = step
            continue
        links += 1
        if links > _MAX_LINKS:
            return
        target = os.readlink(step)
        if os.path.isabs(target):
            at = "/"
        names[:0] = target.split("/")


def make_private_folder(folder: str) -> None:
    """Creates the folder for a host's socket if it is missing; it must be this user's, and others have no access."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise SlipwayError(
            grpc.StatusCode.FAILED_PRECONDITION,
            "SOCKET_FOLDER_UNUSABLE",
            f"The folder {folder} cannot be created: {error}.",
            "Set XDG_RUNTIME_DIR to a folder that you own.",
        ) from error
    info = os.lstat(folder)
    if not stat.S_ISDIR(info.st_mode):
        raise _unsafe(folder, "it is not a folder", "Remove the file.")
    if info.st_uid != os.getuid():
        raise _foreign(folder, folder, info.st_uid)
    if info.st_mode & 0o077:
        why = f"its mode {_octal(info)} gives other users access"
        raise _unsafe(folder, why, f"Run: chmod 700 {folder}")


def _octal(info: os.stat_result) -> str:
    return f"{info.st_mode & 0o777:04o}"


def _is_open(info: os.stat_result) -> bool:
    """Whether the mode lets other users write."""
    return info.st_mode & 0o022 != 0


def _foreign(folder: str, step: str, owner: int) -> SlipwayError:
    """The error for a folder that another user owns, or one on the way to it."""
    subject = "it" if step == folder else step
    remedy = "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST."
    return _unsafe(folder, f"{subject} belongs to user {owner}", remedy)


def _open(folder: str, step: str, info: os.stat_result) -> SlipwayError:
    """The error for a folder that others can write to, or one on the way to it."""
    subject = f"its mode {_octal(info)}" if step == folder else f"the mode {_octal(info)} of {step}"
    return _unsafe(folder, f"{subject} lets other users write to it", f"Run: chmod go-w {step}")


def _unsafe(folder: str, why: str, remedy: str) -> SlipwayError:
    return SlipwayError(
        grpc.StatusCode.FAILED_PRECONDITION,
        "SOCKET_FOLDER_UNSAFE",
        f"The folder {folder} is not safe for the host's socket: {why}.",
        remedy,
        metadata={"folder": folder},
    )
