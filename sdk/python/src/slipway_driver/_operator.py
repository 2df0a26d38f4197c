"""The settings of an operator who runs a plugin without a host."""

import os

import grpc

LISTEN = "SLIPWAY_PLUGIN_LISTEN"
"""Variable with host:port, or [IPv6]:port. The other variables name files in PEM; all are required."""


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
