from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional
from urllib.parse import urlsplit

import grpc

from ._errors import FieldError, SlipwayError


@dataclass(frozen=True)
class Address:
    """The address of a host: a unix socket, or host:port."""

    socket: Optional[str] = None
    target: str = ""
    tls: Optional[grpc.ChannelCredentials] = None
    token: str = ""


def select_address(has_tokens: bool = False) -> Address:
    """Reads $SLIPWAY_HOST, $SLIPWAY_CERT_PATH and, unless the caller has tokens, $SLIPWAY_TOKEN_FILE.

    The default is this user's host.
    """
    given = os.environ.get("SLIPWAY_HOST")
    if not given:
        return Address(socket=default_socket())
    try:
        parsed = urlsplit(given)
        port = parsed.port
    except ValueError:
        # Its message has a part of the address.
        raise invalid_address(given, "is not a URL") from None
    if parsed.scheme == "unix":
        if parsed.netloc or not parsed.path:
            raise invalid_address(given, "has no absolute path after unix://")
        return Address(socket=parsed.path)
    if parsed.scheme not in ("http", "https") or not parsed.hostname:
        raise invalid_address(given, "is neither unix:///path, http://host nor https://host")
    if "@" in parsed.netloc:
        raise invalid_address(given, "contains a login; tokens are read from a file")
    file = None if has_tokens else os.environ.get("SLIPWAY_TOKEN_FILE")
    if (has_tokens or file) and parsed.scheme == "http" and not _is_loopback(parsed.hostname):
        raise invalid_address(given, "would send the token in clear text over the network; use https")
    token = Path(file).read_text().strip() if file else ""
    port = port or (443 if parsed.scheme == "https" else 80)
    target = f"[{parsed.hostname}]:{port}" if ":" in parsed.hostname else f"{parsed.hostname}:{port}"
    if parsed.scheme == "http":
        return Address(target=target, token=token)
    return Address(target=target, token=token, tls=_tls(os.environ.get("SLIPWAY_CERT_PATH")))


def default_socket() -> str:
    """The socket of this user's host."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    uid = os.getuid()
    if not runtime and uid == 0:
        return "/run/slipway/slipway.sock"
    if not runtime and os.path.isdir(f"/run/user/{uid}"):
        runtime = f"/run/user/{uid}"
    if runtime:
        return os.path.join(runtime, "slipway", "slipway.sock")
    return os.path.join(os.environ.get("TMPDIR") or "/tmp", f"slipway-{uid}", "slipway.sock")


def _is_loopback(host: str) -> bool:
    """Whether a host name or IP address is on the loopback interface."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def invalid_address(given: str, why: str) -> SlipwayError:
    """The error of an address that cannot be used. It shows no user and password."""
    shown = re.sub("^([a-z]+:/*)?.*@", r"\1…@", given, flags=re.IGNORECASE | re.DOTALL)
    message = f'The host\'s address "{shown}" {why}.'
    return SlipwayError(
        grpc.StatusCode.INVALID_ARGUMENT,
        "HOST_ADDRESS_INVALID",
        message,
        "Give unix:///path/to/slipway.sock, http://127.0.0.1:port or https://host:port.",
        fields=[FieldError("SLIPWAY_HOST", "HOST_ADDRESS_INVALID", message)],
    )


def _tls(folder: Optional[str]) -> grpc.ChannelCredentials:
    """Trusts ca.pem and presents cert.pem and key.pem of a folder, if they exist."""

    def read(name: str) -> Optional[bytes]:
        file = Path(folder, name) if folder else None
        return file.read_bytes() if file and file.exists() else None

    return grpc.ssl_channel_credentials(read("ca.pem"), read("key.pem"), read("cert.pem"))
