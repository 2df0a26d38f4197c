"""Messages of the driver protocol under shorter names. Their fields are documented in proto/slipway."""

from slipway.build.v1 import build_error_pb2, build_progress_pb2, build_result_pb2, build_spec_pb2
from slipway.common.v1 import (
    capability_pb2,
    credential_pb2,
    diagnostic_pb2,
    endpoint_pb2,
    feature_pb2,
    native_build_settings_pb2,
    node_state_pb2,
    option_pb2,
)
from slipway.driver.v1 import descriptor_pb2, driver_pb2, image_store_pb2, node_pb2

Capability = capability_pb2.Capability
Descriptor = descriptor_pb2.DriverDescriptor
EndpointRules = endpoint_pb2.EndpointRules
Option = option_pb2.OptionDescriptor
Diagnostic = diagnostic_pb2.Diagnostic
NodeConfig = node_pb2.NodeConfig
NodeStatus = node_pb2.NodeStatus
DynamicNode = node_state_pb2.DynamicNode
Feature = feature_pb2.Feature
BuildDefaults = node_pb2.BuildDefaults
RegistryCredential = credential_pb2.RegistryCredential
ImplicitBuilder = driver_pb2.ImplicitBuilder
ImplicitBuilders = driver_pb2.ListImplicitBuildersResponse
LeaseContext = driver_pb2.LeaseContext
Tls = driver_pb2.TlsMaterial
StoreRef = image_store_pb2.ImageStoreRef
StoreDescription = image_store_pb2.GetImageStoreResponse
StoredImage = image_store_pb2.StoredImage
Layer = image_store_pb2.Layer
NativeBuildSettings = native_build_settings_pb2.NativeBuildSettings
BuildSpec = build_spec_pb2.BuildSpec
BuildProgress = build_progress_pb2.BuildProgress
BuildResult = build_result_pb2.BuildResult
BuildError = build_error_pb2.BuildError


SeverityValue = diagnostic_pb2.Severity


def has_capability(descriptor: Descriptor, name: str) -> bool:
    """Whether a descriptor lists a capability."""
    return any(one.id == name for one in descriptor.capabilities)


def config_version(descriptor: Descriptor) -> int:
    """The version of a driver's configuration."""
    return max(descriptor.config_version, 1)


class EndpointUse:
    """Whether a node may, must or must not have an endpoint."""

    OPTIONAL = endpoint_pb2.ENDPOINT_USE_OPTIONAL
    REQUIRED = endpoint_pb2.ENDPOINT_USE_REQUIRED
    FORBIDDEN = endpoint_pb2.ENDPOINT_USE_FORBIDDEN


class OptionType:
    """Types of options; docs/driver-protocol.md has what they accept, and their normal forms."""

    STRING = option_pb2.OPTION_TYPE_STRING
    BOOL = option_pb2.OPTION_TYPE_BOOL
    INT = option_pb2.OPTION_TYPE_INT
    BYTES = option_pb2.OPTION_TYPE_BYTES
    DURATION = option_pb2.OPTION_TYPE_DURATION
    QUANTITY = option_pb2.OPTION_TYPE_QUANTITY
    ENUM = option_pb2.OPTION_TYPE_ENUM
    PATH = option_pb2.OPTION_TYPE_PATH
    MAP = option_pb2.OPTION_TYPE_MAP


class LeasePurpose:
    """What the host does with a lease."""

    BUILD = driver_pb2.LEASE_PURPOSE_BUILD
    INSPECT = driver_pb2.LEASE_PURPOSE_INSPECT
    CONNECT = driver_pb2.LEASE_PURPOSE_CONNECT


class NodeState:
    """States of a node."""

    ABSENT = node_state_pb2.NODE_STATE_ABSENT
    STOPPED = node_state_pb2.NODE_STATE_STOPPED
    STARTING = node_state_pb2.NODE_STATE_STARTING
    RUNNING = node_state_pb2.NODE_STATE_RUNNING
    STOPPING = node_state_pb2.NODE_STATE_STOPPING
    UNREACHABLE = node_state_pb2.NODE_STATE_UNREACHABLE


class Severity:
    """Severities of diagnostics."""

    ERROR = diagnostic_pb2.SEVERITY_ERROR
    WARNING = diagnostic_pb2.SEVERITY_WARNING
    INFO = diagnostic_pb2.SEVERITY_INFO
