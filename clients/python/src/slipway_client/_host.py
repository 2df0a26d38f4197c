from __future__ import annotations

import os
import socket as sockets
import stat
import subprocess
import tempfile
import time

HOST_IDLE = "10m"
"""How long a host that was started here waits for work before it ends."""
HOST_START_SECONDS = 15.0
"""How long a host may take to listen."""


def ensure_host(path: str) -> None:
    """Starts a host on a socket unless one listens there. Of several that are started at once one stays."""
    if _listens(path):
        return
    _private_folder(os.path.dirname(path))
    program = os.environ.get("SLIPWAY", "slipway")
    command = [program, "serve", "--socket", path, "--idle-timeout", HOST_IDLE]
    with tempfile.TemporaryFile() as log:
        try:
            # In a session of its own it outlives this program and gets none of its terminal's signals.
            child = subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        except OSError as error:
            raise RuntimeError(f"no Slipway host listens on {path}, and none could be started: {error}") from error
        deadline = time.monotonic() + HOST_START_SECONDS
        while time.monotonic() < deadline:
            # Asked first: another host may have been faster, and this one has given way to it.
            code = child.poll()
            if _listens(path):
                return
            if code is not None:
                log.seek(0)
                text = log.read().decode(errors="replace")
                raise RuntimeError(f"the Slipway host ended with {code} before it listened on {path}:\n{text}")
            time.sleep(0.05)
        child.kill()
        child.wait()
        raise RuntimeError(f"the Slipway host did not listen on {path} within {HOST_START_SECONDS:g} s")


def _listens(path: str) -> bool:
    with sockets.socket(sockets.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def _private_folder(folder: str) -> None:
    """Makes the socket's folder, which nobody else may reach into."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    info = os.lstat(folder)
    if not stat.S_ISDIR(info.st_mode) or info.st_mode & 0o077 or info.st_uid != os.getuid():
        raise RuntimeError(f"{folder} must be a folder of your own with mode 0700")
