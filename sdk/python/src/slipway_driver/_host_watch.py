"""What ends the plugin."""

import contextlib
import logging
import os
import signal
import threading
import time

from slipway_driver._stop import Stop

_PARENT_SECONDS = 2


def stopped_by_signals() -> Stop:
    """What SIGINT and SIGTERM set, for a plugin that no host has started."""
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def watch_host(stop: Stop) -> None:
    """Ends the plugin on SIGTERM and when the host has died."""
    log = logging.getLogger(__name__)
    # A terminal sends SIGINT to the host's whole process group; only the host decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def wait_for_stdin() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        log.info("The host died: standard input ended")
        stop.set()

    def wait_for_parent(parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_SECONDS)
        log.info("The host died: its process is gone")
        stop.set()

    # A host in Go passes its own standard input on, which may be closed.
    if os.environ.get("SLIPWAY_PLUGIN_HELD_STDIN") == "true":
        threading.Thread(target=wait_for_stdin, daemon=True).start()
    threading.Thread(target=wait_for_parent, args=[os.getppid()], daemon=True).start()
