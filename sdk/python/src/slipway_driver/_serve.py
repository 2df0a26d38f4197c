"""The process contract of HashiCorp's go-plugin with gRPC."""

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

import grpc

from slipway_driver._author import DEBUG, serve_author
from slipway_driver._driver import AnyDriver
from slipway_driver._drivers import Drivers
from slipway_driver._host_watch import stopped_by_signals, watch_host
from slipway_driver._leases import Leases
from slipway_driver._log import set_up_logging
from slipway_driver._operator import LISTEN, keepalives, operator_credentials
from slipway_driver._own_folder import own_folder
from slipway_driver._plugin import Plugin
from slipway_driver._plugin_socket import PluginSocket
from slipway_driver._server import add_shutdown, end_calls, listen, make_server
from slipway_driver._service import Service
from slipway_driver._stop import Stop

_COOKIE = ("SLIPWAY_PLUGIN_MAGIC_COOKIE", "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21")
_PROTOCOL_VERSION = 2


def serve(
    *drivers: AnyDriver,
    version: str,
    name: str = "",
    vendor: str = "",
    url: str = "",
    requires: Sequence[str] = (),
    register: Callable[[grpc.Server], None] | None = None,
) -> None:
    """Makes the process a plugin: it is the last call of a main module, and does not return.

    The process exits with 0 when the host ends it or dies. When no host started it, it says so on stderr and exits with 1.
    The root logger, and what is printed, then go to the host's log.

    An operator runs the plugin without a host by the variables SLIPWAY_PLUGIN_LISTEN (host:port), SLIPWAY_PLUGIN_TLS_CERT,
    SLIPWAY_PLUGIN_TLS_KEY and SLIPWAY_PLUGIN_TLS_CLIENT_CA (files): it listens on TCP with mutual TLS, and ends on SIGINT
    or SIGTERM.

    With SLIPWAY_PLUGIN_DEBUG its author runs the plugin, for example in a debugger: it prints how to attach it to a host,
    ends on the same signals, and leaves standard output and a configured root logger as they are.

    :param drivers: the plugin's drivers; at least one
    :param version: version of the plugin in SemVer form, as in its manifest
    :param name: name of the plugin, as in its manifest; by default that of the first driver
    :param vendor: the author or company
    :param url: the home page
    :param requires: ids of capabilities that the host must have
    :param register: adds further gRPC services, such as those of a capability of your own
    """
    name = name or (drivers[0].descriptor.name if drivers else "plugin")
    try:
        checked = Drivers(drivers)
    except ValueError as error:
        sys.exit(f"The plugin {name} cannot start: {error}.")
    plugin = Plugin(name, version, vendor, url, requires)
    has_host = os.environ.get(_COOKIE[0]) == _COOKIE[1]
    if os.environ.get(DEBUG) and not has_host:
        logging.basicConfig(level=logging.INFO)
        serve_author(plugin, checked, register, _PROTOCOL_VERSION)
    if os.environ.get(LISTEN):
        set_up_logging(name)
        _serve_operator(plugin, checked, register)
    if not has_host:
        sys.exit(
            f"{name} is a Slipway driver plugin: a Slipway host starts it.\n"
            "Install it with `slipway plugins install FOLDER`, where FOLDER contains slipway-plugin.json.\n"
            f"To run it by hand, for example in a debugger, set {DEBUG}=1."
        )
    stdout = sys.stdout
    set_up_logging(name)
    stop = Stop()
    watch_host(stop)
    with _socket_folder() as folder, PluginSocket(plugin, checked, register, folder) as own:
        add_shutdown(own.server, stop)
        certificate = listen(own.server, own.path)
        own.server.start()
        # The host reads only this line from stdout.
        line = f"1|{_PROTOCOL_VERSION}|unix|{own.path}|grpc|{certificate}"
        print(line, file=stdout, flush=True)
        stop.wait()
    # Threads of calls and of grpc may still run, and the host does not wait for them.
    os._exit(0)


@contextlib.contextmanager
def _socket_folder() -> Iterator[str]:
    """The host's folder for this process's sockets; a temporary one when the host provides none."""
    if folder := os.environ.get("PLUGIN_UNIX_SOCKET_DIR"):
        yield folder
    else:
        with own_folder() as own:
            yield own


def _serve_operator(
    plugin: Plugin, drivers: Drivers, register: Callable[[grpc.Server], None] | None
) -> NoReturn:
    """Serves hosts on TCP with mutual TLS until the process is ended."""
    stop = stopped_by_signals()
    service = Service(plugin, drivers, Leases(None))
    server = make_server(service, register, keepalives())
    address = os.environ[LISTEN]
    try:
        server.add_secure_port(address, operator_credentials())
    except (OSError, RuntimeError) as error:
        sys.exit(f"The plugin {plugin.name} cannot listen on {address}: {error}.")
    server.start()
    logging.getLogger(__name__).info("Listening on %s", address)
    stop.wait()
    end_calls(server, service)
    os._exit(0)
