"""The SDK for Slipway drivers in Python. A driver knows where BuildKit runs.

A driver is a subclass of :class:`Driver` with four methods, and its plugin is one call of :func:`serve`::

    from slipway_driver import Driver, serve

    class Here(Driver):
        ...

    serve(Here(), version="0.1.0")

The SDK implements the process contract: handshake, mutual TLS, the folder for sockets, and the end of the process when
the host stops it or dies. It checks each configuration against the driver's descriptor before the driver sees it, runs
calls that change the same node one after another, turns the endpoints of :meth:`Driver.acquire` into what the host
connects to, and converts exceptions to typed errors. It derives the capabilities from the methods that a driver overrides.

Logs go through :mod:`logging`: :func:`serve` makes the root logger write what the host reads.

The protocol is in docs/driver-protocol.md of the repository.
"""

from slipway_driver._call import Boot, Call, Cancelled, Step
from slipway_driver._check import Check, validate
from slipway_driver._config import Config
from slipway_driver._driver import CREATE_BUILDERS, DAEMON_CONFIG, DAEMON_FLAGS, Driver, RemoveOptions
from slipway_driver._endpoint import Connection, Endpoint, stream, tcp, unix
from slipway_driver._errors import Code, DriverError, Field
from slipway_driver._lease import Lease
from slipway_driver._messages import (
    BuildDefaults,
    Capability,
    Descriptor,
    Diagnostic,
    DynamicNode,
    EndpointRules,
    EndpointUse,
    Feature,
    ImplicitBuilder,
    ImplicitBuilders,
    LeaseContext,
    LeasePurpose,
    NodeConfig,
    NodeState,
    NodeStatus,
    Option,
    OptionType,
    RegistryCredential,
    Severity,
    Tls,
)
from slipway_driver._serve import serve

__all__ = [
    "CREATE_BUILDERS",
    "DAEMON_CONFIG",
    "DAEMON_FLAGS",
    "Boot",
    "BuildDefaults",
    "Call",
    "Cancelled",
    "Capability",
    "Check",
    "Code",
    "Config",
    "Connection",
    "Descriptor",
    "Diagnostic",
    "Driver",
    "DriverError",
    "DynamicNode",
    "Endpoint",
    "EndpointRules",
    "EndpointUse",
    "Feature",
    "Field",
    "ImplicitBuilder",
    "ImplicitBuilders",
    "Lease",
    "LeaseContext",
    "LeasePurpose",
    "NodeConfig",
    "NodeState",
    "NodeStatus",
    "Option",
    "OptionType",
    "RegistryCredential",
    "RemoveOptions",
    "Severity",
    "Step",
    "Tls",
    "serve",
    "stream",
    "tcp",
    "unix",
    "validate",
]
