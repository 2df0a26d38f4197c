"""The gRPC server of a plugin."""

import base64
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf.empty_pb2 import Empty
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from slipway_driver._certificate import create_certificate
from slipway_driver._plugin import MAX_MESSAGE_BYTES
from slipway_driver._service import Service
from slipway_driver._stop import Stop

# Each call has a thread, tunnels for as long as their connection.
_MAX_CALLS = 1000
# How long running calls may continue after a shutdown is requested, and then until they have ended, in seconds.
_GRACE_SECONDS, _ABORT_SECONDS = 1, 0.5


def make_server(
    service: Service,
    register: Callable[[grpc.Server], None] | None,
    more: Sequence[tuple[str, int]] = (),
) -> grpc.Server:
    """The server with the services of every plugin, and with further options; it does not listen yet."""
    options = [
        *more,
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]
    server = grpc.server(ThreadPoolExecutor(_MAX_CALLS), options=options)
    service.add_to(server)
    if register:
        register(server)
    servicer = health.HealthServicer()
    servicer.set("plugin", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    return server


def add_shutdown(server: grpc.Server, stop: Stop) -> None:
    """Lets the host end the plugin."""
    def shutdown(_request: Empty, _context: grpc.ServicerContext) -> Empty:
        stop.set()
        return Empty()

    # A service without stubs. GRPCStdio is optional: the plugin's output is its log.
    handler = grpc.unary_unary_rpc_method_handler(
        shutdown, request_deserializer=Empty.FromString, response_serializer=Empty.SerializeToString
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": handler}),)
    )


def listen(server: grpc.Server, path: str) -> str:
    """Adds the port; returns the certificate for the handshake line, which is empty without TLS."""
    host_certificate = os.environ.get("PLUGIN_CLIENT_CERT")
    if not host_certificate:
        server.add_insecure_port(f"unix:{path}")
        return ""
    der, pem, key = create_certificate()
    credentials = grpc.ssl_server_credentials(
        [(key, pem)], root_certificates=host_certificate.encode(), require_client_auth=True
    )
    server.add_secure_port(f"unix:{path}", credentials)
    return base64.b64encode(der).decode().rstrip("=")


def end_calls(server: grpc.Server, service: Service) -> None:
    """Ends the leases and stops the server; running calls have a limited time to end."""
    service.end_leases()
    server.stop(_GRACE_SECONDS).wait()
    service.end(_ABORT_SECONDS)
