from __future__ import annotations

import os
import shutil

import grpc

from ._errors import SlipwayError


def find_program(socket: str) -> str:
    """The host's program.

    The clients in all languages look in the same order: $SLIPWAY, the package with the host, the PATH, the usual folders.
    """
    found = os.environ.get("SLIPWAY") or _packaged() or shutil.which("slipway")
    if found:
        return found
    for path in _usual_paths():
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise SlipwayError(
        grpc.StatusCode.UNAVAILABLE,
        "HOST_NOT_INSTALLED",
        f"No host listens on unix://{socket}, and its program is not installed.",
        "Run `pip install 'slipway-client[host]'`, or set SLIPWAY to the path of the program.",
    )


def _packaged() -> str | None:
    """The program in the package slipway-host, if that is installed."""
    try:
        from slipway_host import PROGRAM
    except ModuleNotFoundError:
        return None
    return PROGRAM


def _usual_paths() -> list[str]:
    """Where installers put the program, also for processes whose PATH does not say so."""
    data = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data):
        data = os.path.expanduser("~/.local/share")
    return [os.path.join(data, "slipway/host/current/bin/slipway"), "/usr/local/bin/slipway", "/usr/bin/slipway"]
