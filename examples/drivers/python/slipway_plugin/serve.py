"""The process contract of HashiCorp's go-plugin with gRPC."""

import asyncio
import base64
import os
import signal
import sys
import threading

import grpc
from google.protobuf.empty_pb2 import Empty
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from slipway.driver.v1 import driver_pb2_grpc

from slipway_plugin.certificate import create_certificate
from slipway_plugin.log import log, set_up_logging

_COOKIE = ("SLIPWAY_PLUGIN_MAGIC_COOKIE", "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21")
_PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 64 << 20
_GRACE_SECONDS = 1


async def serve(make_driver) -> None:
    """Serves a DriverService until the host requests shutdown or dies. make_driver gets the folder for sockets."""
    if os.environ.get(_COOKIE[0]) != _COOKIE[1]:
        print("This is a Slipway driver plugin. A Slipway host starts it.", file=sys.stderr)
        sys.exit(1)
    set_up_logging()
    folder = os.environ["PLUGIN_UNIX_SOCKET_DIR"]
    stop = asyncio.Event()
    _watch_host(stop)
    options = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]
    server = grpc.aio.server(options=options)
    driver = make_driver(folder)
    driver_pb2_grpc.add_DriverServiceServicer_to_server(driver, server)
    await _add_plugin_services(server, stop)

    path = os.path.join(folder, f"plugin{os.getpid()}")
    der, pem, key = create_certificate()
    credentials = grpc.ssl_server_credentials(
        [(key, pem)],
        root_certificates=os.environ["PLUGIN_CLIENT_CERT"].encode(),
        require_client_auth=True,
    )
    server.add_secure_port(f"unix:{path}", credentials)
    await server.start()
    certificate = base64.b64encode(der).decode().rstrip("=")
    # The host reads only this line from stdout.
    print(f"1|{_PROTOCOL_VERSION}|unix|{path}|grpc|{certificate}", flush=True)

    await stop.wait()
    await server.stop(_GRACE_SECONDS)
    await driver.close()
    if os.path.exists(path):
        os.unlink(path)
    # Threads of grpc may still run, and the host does not wait for them.
    os._exit(0)


async def _add_plugin_services(server: grpc.aio.Server, stop: asyncio.Event) -> None:
    servicer = health.aio.HealthServicer()
    await servicer.set("plugin", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)

    async def shutdown(_request, _context):
        stop.set()
        return Empty()

    # A service without stubs. GRPCStdio is optional: the plugin's output is its log.
    handler = grpc.unary_unary_rpc_method_handler(
        shutdown, request_deserializer=Empty.FromString, response_serializer=Empty.SerializeToString
    )
    services = grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": handler})
    server.add_generic_rpc_handlers((services,))


def _watch_host(stop: asyncio.Event) -> None:
    """Sets the event on SIGTERM, and when standard input ends because the host has died."""
    loop = asyncio.get_running_loop()
    # A terminal sends SIGINT to the host's whole process group; only the host decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if os.environ.get("SLIPWAY_PLUGIN_HELD_STDIN") != "true":
        return

    def wait_for_end() -> None:
        while os.read(0, 4096):
            pass
        log.info("The host died")
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait_for_end, daemon=True).start()
