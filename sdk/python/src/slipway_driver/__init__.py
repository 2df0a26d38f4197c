"""The SDK for Slipway drivers in Python. A driver knows where BuildKit runs, or builds by itself.

A driver is a subclass of :class:`Driver` with four methods, and its plugin is one call of :func:`serve`::

    from slipway_driver import Driver, serve

    class Here(Driver):
        ...

    serve(Here(), version="0.1.0")

The SDK implements the process contract: handshake, mutual TLS, the folder for sockets, and the end of the process when
the host stops it or dies. It checks each configuration against the driver's descriptor before the driver sees it, runs
calls that change the same node one after another, turns the endpoints of :meth:`Driver.acquire` into what the host
connects to, and converts exceptions to typed errors. It derives the capabilities from the methods that a driver overrides.

A :class:`NativeDriver` builds by itself, without BuildKit. ``Driver.image_store`` is the :class:`ImageStore` of a driver.

Logs go through :mod:`logging`: :func:`serve` makes the root logger write what the host reads.

The protocol is in docs/driver-protocol.md of the repository.
"""

from slipway_driver._archive_transfer import ArchiveAnswer, ArchiveRequest
from slipway_driver._boot import Boot
from slipway_driver._call import Call, Cancelled, Step
from slipway_driver._check import Check, validate
from slipway_driver._config import Config
from slipway_driver._driver import (
    CREATE_BUILDERS,
    DAEMON_CONFIG,
    DAEMON_FLAGS,
    AnyDriver,
    Driver,
    NativeDriver,
    Removal,
    RemoveOptions,
)
from slipway_driver._endpoint import Connection, Endpoint, stream, tcp, unix
from slipway_driver._errors import Code, DriverError, Field
from slipway_driver._image_archive import ReceivedArchive, SentArchive
from slipway_driver._image_store import ImageStore, Push
from slipway_driver._lease import Lease
from slipway_driver._messages import (
    BuildDefaults,
    BuildError,
    BuildProgress,
    BuildResult,
    BuildSpec,
    Capability,
    Descriptor,
    Diagnostic,
    DynamicNode,
    EndpointRules,
    EndpointUse,
    Feature,
    ImplicitBuilder,
    ImplicitBuilders,
    Layer,
    LeaseContext,
    LeasePurpose,
    NativeBuildSettings,
    NodeConfig,
    NodeState,
    NodeStatus,
    Option,
    OptionType,
    RegistryCredential,
    Severity,
    StoreDescription,
    StoredImage,
    StoreRef,
    Tls,
)
from slipway_driver._native_build import Build, BuildCheck, BuildFailed, ContextFiles
from slipway_driver._serve import serve

__all__ = [
    "CREATE_BUILDERS",
    "DAEMON_CONFIG",
    "DAEMON_FLAGS",
    "AnyDriver",
    "ArchiveAnswer",
    "ArchiveRequest",
    "Boot",
    "Build",
    "BuildCheck",
    "BuildDefaults",
    "BuildError",
    "BuildFailed",
    "BuildProgress",
    "BuildResult",
    "BuildSpec",
    "Call",
    "Cancelled",
    "Capability",
    "Check",
    "Code",
    "Config",
    "Connection",
    "ContextFiles",
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
    "ImageStore",
    "ImplicitBuilder",
    "ImplicitBuilders",
    "Layer",
    "Lease",
    "LeaseContext",
    "LeasePurpose",
    "NativeBuildSettings",
    "NativeDriver",
    "NodeConfig",
    "NodeState",
    "NodeStatus",
    "Option",
    "OptionType",
    "Push",
    "ReceivedArchive",
    "RegistryCredential",
    "Removal",
    "RemoveOptions",
    "SentArchive",
    "Severity",
    "Step",
    "StoreDescription",
    "StoreRef",
    "StoredImage",
    "Tls",
    "serve",
    "stream",
    "tcp",
    "unix",
    "validate",
]
