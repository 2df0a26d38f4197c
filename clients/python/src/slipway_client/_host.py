from __future__ import annotations

import os
import socket as sockets
import subprocess
import tempfile
import time

import grpc

from ._errors import SlipwayError
from ._program import find_program
from ._socket_folder import check_socket_folder, make_private_folder

HOST_IDLE = "10m"
"""How long a host that was started here can be idle before it ends."""
HOST_START_SECONDS = 15.0
"""Time limit for a host to listen."""


def ensure_host(path: str, start: bool) -> None:
    """Returns once a host listens on a socket whose folder is safe; one is started if ``start`` is set and none runs.

    When several are started at once, one stays.
    """
    if _listens(path):
        return
    if not start:
        message = f"No host listens on unix://{path}."
        raise SlipwayError(grpc.StatusCode.UNAVAILABLE, "HOST_NOT_RUNNING", message, "Start one with `slipway serve`.")
    make_private_folder(os.path.dirname(path))
    program = find_program(path)
    command = [program, "serve", "--socket", path, "--idle-timeout", HOST_IDLE, "--log-file"]
    # What the host prints before it opens its own log, host.log in its state folder.
    with tempfile.TemporaryFile() as log:
        try:
            # In a new session it outlives this program and receives no signals of its terminal.
            child = subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        except OSError as error:
            raise _start_failed(path, f"{program} cannot be run: {error}.") from error
        deadline = time.monotonic() + HOST_START_SECONDS
        while time.monotonic() < deadline:
            # Polled first: a host that lost the race against another one exits before the other listens.
            code = child.poll()
            if _listens(path):
                return
            if code is not None:
                log.seek(0)
                text = log.read().decode(errors="replace")
                raise _start_failed(path, f"it exited with code {code}; its output:\n{text}")
            time.sleep(0.05)
        child.kill()
        child.wait()
        raise _start_failed(path, f"it did not listen within {HOST_START_SECONDS:g} s.")


def _listens(path: str) -> bool:
    """Whether a host listens on a socket whose folder is safe."""
    if not check_socket_folder(os.path.dirname(path)):
        return False
    with sockets.socket(sockets.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def _start_failed(path: str, why: str) -> SlipwayError:
    message = f"The host for unix://{path} could not be started: {why}"
    return SlipwayError(grpc.StatusCode.UNAVAILABLE, "HOST_START_FAILED", message, "Run `slipway serve`.")
