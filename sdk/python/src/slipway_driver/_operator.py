"""The settings of an operator who runs a plugin without a host."""

import os

import grpc

LISTEN = "SLIPWAY_PLUGIN_LISTEN"
"""Variable with host:port, or [IPv6]:port. The other variables name files in PEM; all are required."""


# In milliseconds: the silence of a host after which the plugin pings it, and how long the host may take to answer. Then
# it counts as dead, and its leases end.
_HOST_SILENCE, _HOST_ANSWER = 60_000, 20_000
# How often a host may ping, in milliseconds; Slipway's does about every 5 minutes.
_MIN_PING_INTERVAL = 30_000


def keepalives(silence: int = _HOST_SILENCE, answer: int = _HOST_ANSWER) -> list[tuple[str, int]]:
    """Options of a server that ends the calls of hosts that no longer answer."""
    return [
        ("grpc.keepalive_time_ms", silence),
        ("grpc.keepalive_timeout_ms", answer),
        # Newer versions of grpc wait this long instead.
        ("grpc.http2.ping_timeout_ms", answer),
        # Without a limit: a lease can be silent for any time.
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_INTERVAL),
    ]


def operator_credentials() -> grpc.ServerCredentials:
    """Mutual TLS with the operator's files. Raises OSError."""
    pair = (_read("SLIPWAY_PLUGIN_TLS_KEY"), _read("SLIPWAY_PLUGIN_TLS_CERT"))
    hosts = _read("SLIPWAY_PLUGIN_TLS_CLIENT_CA")
    return grpc.ssl_server_credentials([pair], root_certificates=hosts, require_client_auth=True)


def _read(variable: str) -> bytes:
    path = os.environ.get(variable)
    if not path:
        raise OSError(f"{variable} is not set; a plugin listens on TCP with mutual TLS only")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise OSError(f"{variable} names a file that cannot be read: {error}") from error
