from __future__ import annotations

import os
import stat

import grpc

from ._errors import SlipwayError


def check_socket_folder(folder: str) -> bool:
    """Checks that no other user can have put a socket into a folder; returns False if there is no such folder.

    The folder, and the link if the path is one, belong to this user or to root, and nobody else can write to the folder.
    """
    try:
        link, target = os.lstat(folder), os.stat(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    for info in (link, target):
        if info.st_uid not in (os.getuid(), 0):
            raise _foreign(folder, info.st_uid)
    if not stat.S_ISDIR(target.st_mode):
        raise _unsafe(folder, "it is not a folder", "Use another path for the socket.")
    if target.st_mode & 0o022:
        why = f"its mode {_octal(target)} lets other users write to it"
        raise _unsafe(folder, why, f"Run: chmod go-w {folder}")
    return True


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
        raise _foreign(folder, info.st_uid)
    if info.st_mode & 0o077:
        why = f"its mode {_octal(info)} gives other users access"
        raise _unsafe(folder, why, f"Run: chmod 700 {folder}")


def _octal(info: os.stat_result) -> str:
    return f"{info.st_mode & 0o777:04o}"


def _foreign(folder: str, owner: int) -> SlipwayError:
    remedy = "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST."
    return _unsafe(folder, f"it belongs to user {owner}", remedy)


def _unsafe(folder: str, why: str, remedy: str) -> SlipwayError:
    return SlipwayError(
        grpc.StatusCode.FAILED_PRECONDITION,
        "SOCKET_FOLDER_UNSAFE",
        f"The folder {folder} is not safe for the host's socket: {why}.",
        remedy,
        metadata={"folder": folder},
    )
