from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Optional
from urllib.parse import urlsplit

import grpc


@dataclass(frozen=True)
class Address:
    """Where a host listens: a unix socket, or host:port."""

    socket: Optional[str] = None
    target: str = ""
    tls: Optional[grpc.ChannelCredentials] = None
    token: str = ""


def select_address() -> Address:
    """Reads $SLIPWAY_HOST, $SLIPWAY_TOKEN_FILE and $SLIPWAY_CERT_PATH; without them it is this user's host."""
    given = os.environ.get("SLIPWAY_HOST")
    if not given:
        return Address(socket=default_socket())
    parsed = urlsplit(given)
    if parsed.scheme == "unix":
        return Address(socket=parsed.path)
    if parsed.scheme not in ("http", "https"):
        raise ValueError(f"SLIPWAY_HOST: {given!r} is neither unix://, http:// nor https://")
    file = os.environ.get("SLIPWAY_TOKEN_FILE")
    token = Path(file).read_text().strip() if file else ""
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    target = f"{parsed.hostname}:{port}"
    if parsed.scheme == "http":
        return Address(target=target, token=token)
    return Address(target=target, token=token, tls=_tls(os.environ.get("SLIPWAY_CERT_PATH")))


def default_socket() -> str:
    """Where this user's host listens."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    uid = os.getuid()
    if not runtime and uid == 0:
        return "/run/slipway/slipway.sock"
    if not runtime and os.path.isdir(f"/run/user/{uid}"):
        runtime = f"/run/user/{uid}"
    if runtime:
        return os.path.join(runtime, "slipway", "slipway.sock")
    return os.path.join(tempfile.gettempdir(), f"slipway-{uid}", "slipway.sock")


def _tls(folder: Optional[str]) -> grpc.ChannelCredentials:
    """Trusts ca.pem and shows cert.pem and key.pem of a folder, as far as they are there."""

    def read(name: str) -> Optional[bytes]:
        file = Path(folder, name) if folder else None
        return file.read_bytes() if file and file.exists() else None

    return grpc.ssl_channel_credentials(read("ca.pem"), read("key.pem"), read("cert.pem"))
