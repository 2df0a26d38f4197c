"""The check of a node's endpoint and daemon settings against a driver's descriptor."""

from __future__ import annotations

import re
import typing

from slipway_driver._daemon_files import daemon_file_findings
from slipway_driver._messages import Descriptor, EndpointUse, has_capability

if typing.TYPE_CHECKING:
    from slipway_driver._check import Check


def check_endpoint(check: Check, descriptor: Descriptor, title: str) -> None:
    """Checks the endpoint against the driver's rules."""
    rules, endpoint = descriptor.endpoint, check.config.endpoint
    begin = " or ".join(f"{one}://" for one in rules.schemes)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", endpoint)
    if rules.use == EndpointUse.REQUIRED and not endpoint:
        message = f"{title} needs an endpoint. {rules.description}".strip()
        remedy = f"Set the endpoint, beginning with {begin}." if begin else "Set the endpoint."
        check.error("endpoint", "ENDPOINT_REQUIRED", message, remedy)
    elif rules.use == EndpointUse.FORBIDDEN and endpoint:
        check.error("endpoint", "ENDPOINT_FORBIDDEN", f"{title} does not take an endpoint.", "Leave it out.")
    elif endpoint and rules.schemes and not (scheme and scheme[1] in rules.schemes):
        # Without the user and password that it may hold.
        shown = re.sub(r"^([^/]*://)?[^/]*@", lambda match: match[1] or "", endpoint)
        message = f"{title} cannot use the endpoint {shown}."
        check.error("endpoint", "ENDPOINT_INVALID", message, f"Begin it with {begin}.")


def check_daemon(check: Check, descriptor: Descriptor, title: str) -> None:
    """Checks the flags and files for a daemon."""
    if check.config.daemon_flags and not has_capability(descriptor, "daemon.flags"):
        message = f"{title} does not start a BuildKit daemon, so it cannot pass flags to one."
        check.error("daemon_flags", "DAEMON_FLAGS_UNSUPPORTED", message, "Leave out daemon_flags.")
    if has_capability(descriptor, "daemon.config"):
        check._found.extend(daemon_file_findings(check.config.daemon_files))
        return
    for name in sorted(check.config.daemon_files):
        message = f"{title} does not start a BuildKit daemon, so it cannot configure one."
        remedy = "Leave out daemon_files, or use a driver that starts its own BuildKit."
        check.error(f"daemon_files[{name}]", "DAEMON_CONFIG_UNSUPPORTED", message, remedy)
