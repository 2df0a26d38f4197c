"""A plugin that its author runs, for example in a debugger."""

import json
import os
import shlex
import sys
from collections.abc import Callable
from typing import NoReturn

import grpc

from slipway_driver._drivers import Drivers
from slipway_driver._host_watch import stopped_by_signals
from slipway_driver._own_folder import own_folder
from slipway_driver._plugin import Plugin
from slipway_driver._plugin_socket import PluginSocket

DEBUG = "SLIPWAY_PLUGIN_DEBUG"
"""Variable that starts a plugin by hand, with any value but the empty one."""


def serve_author(
    plugin: Plugin, drivers: Drivers, register: Callable[[grpc.Server], None] | None, version: int
) -> NoReturn:
    """Serves the host that the author attaches, on a unix socket without TLS, until the process is ended."""
    stop = stopped_by_signals()
    with (
        own_folder() as folder,
        PluginSocket(plugin, drivers, register, folder) as own,
    ):
        own.server.add_insecure_port(f"unix:{own.path}")
        os.chmod(own.path, 0o600)
        own.server.start()
        _invite(plugin.name, version, own.path)
        stop.wait()
    os._exit(0)


def _invite(name: str, version: int, path: str) -> None:
    """Prints go-plugin's reattach information for programs, and how a person attaches the plugin."""
    line = json.dumps(
        {
            "Protocol": "grpc",
            "ProtocolVersion": version,
            "Pid": os.getpid(),
            # A host neither stops nor kills the process.
            "Test": True,
            "Addr": {"Network": "unix", "String": path},
        },
        separators=(",", ":"),
    )
    print(line, flush=True)
    command = f"slipway plugins attach {shlex.quote(line)}"
    print(f"The plugin {name} waits for a host. Attach it with:\n\n  {command}", file=sys.stderr, flush=True)
