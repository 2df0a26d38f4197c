"""A plugin on a unix socket."""

import contextlib
import os
from collections.abc import Callable

import grpc

from slipway_driver._drivers import Drivers
from slipway_driver._leases import Leases
from slipway_driver._plugin import Plugin
from slipway_driver._server import end_calls, make_server
from slipway_driver._service import Service


class PluginSocket:
    """A plugin's server and its sockets in a folder. On leaving, running calls end and the sockets are deleted."""

    def __init__(
        self, plugin: Plugin, drivers: Drivers, register: Callable[[grpc.Server], None] | None, folder: str
    ):
        self.path = os.path.join(folder, f"plugin{os.getpid()}")
        self._service = Service(plugin, drivers, Leases(folder))
        self.server = make_server(self._service, register)

    def __enter__(self) -> "PluginSocket":
        return self

    def __exit__(self, *_: object) -> None:
        end_calls(self.server, self._service)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
