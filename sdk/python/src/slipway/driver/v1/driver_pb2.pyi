import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.common.v1 import capability_pb2 as _capability_pb2
from slipway.common.v1 import credential_pb2 as _credential_pb2
from slipway.common.v1 import diagnostic_pb2 as _diagnostic_pb2
from slipway.common.v1 import progress_pb2 as _progress_pb2
from slipway.driver.v1 import descriptor_pb2 as _descriptor_pb2
from slipway.driver.v1 import node_pb2 as _node_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LeasePurpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEASE_PURPOSE_UNSPECIFIED: _ClassVar[LeasePurpose]
    LEASE_PURPOSE_BUILD: _ClassVar[LeasePurpose]
    LEASE_PURPOSE_INSPECT: _ClassVar[LeasePurpose]
    LEASE_PURPOSE_CONNECT: _ClassVar[LeasePurpose]
LEASE_PURPOSE_UNSPECIFIED: LeasePurpose
LEASE_PURPOSE_BUILD: LeasePurpose
LEASE_PURPOSE_INSPECT: LeasePurpose
LEASE_PURPOSE_CONNECT: LeasePurpose

class HandshakeRequest(_message.Message):
    __slots__ = ("host", "capabilities")
    HOST_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    host: _capability_pb2.Peer
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    def __init__(self, host: _Optional[_Union[_capability_pb2.Peer, _Mapping]] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ...) -> None: ...

class HandshakeResponse(_message.Message):
    __slots__ = ("plugin", "drivers", "limits", "policy_languages", "policy_capabilities")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    DRIVERS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    POLICY_LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    POLICY_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    plugin: _node_pb2.PluginInfo
    drivers: _containers.RepeatedCompositeFieldContainer[_descriptor_pb2.DriverDescriptor]
    limits: _node_pb2.PluginLimits
    policy_languages: _containers.RepeatedScalarFieldContainer[str]
    policy_capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    def __init__(self, plugin: _Optional[_Union[_node_pb2.PluginInfo, _Mapping]] = ..., drivers: _Optional[_Iterable[_Union[_descriptor_pb2.DriverDescriptor, _Mapping]]] = ..., limits: _Optional[_Union[_node_pb2.PluginLimits, _Mapping]] = ..., policy_languages: _Optional[_Iterable[str]] = ..., policy_capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ...) -> None: ...

class ListImplicitBuildersRequest(_message.Message):
    __slots__ = ("driver", "environment", "page_size", "page_token")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    driver: str
    environment: _containers.ScalarMap[str, str]
    page_size: int
    page_token: str
    def __init__(self, driver: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListImplicitBuildersResponse(_message.Message):
    __slots__ = ("builders", "diagnostics", "next_page_token")
    BUILDERS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    builders: _containers.RepeatedCompositeFieldContainer[ImplicitBuilder]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    next_page_token: str
    def __init__(self, builders: _Optional[_Iterable[_Union[ImplicitBuilder, _Mapping]]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ImplicitBuilder(_message.Message):
    __slots__ = ("config", "current", "description")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    config: _node_pb2.NodeConfig
    current: bool
    description: str
    def __init__(self, config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., current: _Optional[bool] = ..., description: _Optional[str] = ...) -> None: ...

class ValidateRequest(_message.Message):
    __slots__ = ("driver", "config", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    environment: _containers.ScalarMap[str, str]
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ValidateResponse(_message.Message):
    __slots__ = ("diagnostics", "config")
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    config: _node_pb2.NodeConfig
    def __init__(self, diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ...) -> None: ...

class UpgradeConfigRequest(_message.Message):
    __slots__ = ("driver", "config", "from_version")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    FROM_VERSION_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    from_version: int
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., from_version: _Optional[int] = ...) -> None: ...

class UpgradeConfigResponse(_message.Message):
    __slots__ = ("diagnostics", "config")
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    config: _node_pb2.NodeConfig
    def __init__(self, diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ...) -> None: ...

class BootstrapRequest(_message.Message):
    __slots__ = ("driver", "config", "credentials")
    class CredentialsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _credential_pb2.RegistryCredential
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_credential_pb2.RegistryCredential, _Mapping]] = ...) -> None: ...
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    credentials: _containers.MessageMap[str, _credential_pb2.RegistryCredential]
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., credentials: _Optional[_Mapping[str, _credential_pb2.RegistryCredential]] = ...) -> None: ...

class BootstrapResponse(_message.Message):
    __slots__ = ("progress", "status")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    progress: _progress_pb2.Progress
    status: _node_pb2.NodeStatus
    def __init__(self, progress: _Optional[_Union[_progress_pb2.Progress, _Mapping]] = ..., status: _Optional[_Union[_node_pb2.NodeStatus, _Mapping]] = ...) -> None: ...

class InspectRequest(_message.Message):
    __slots__ = ("driver", "config")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ...) -> None: ...

class InspectResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _node_pb2.NodeStatus
    def __init__(self, status: _Optional[_Union[_node_pb2.NodeStatus, _Mapping]] = ...) -> None: ...

class StopRequest(_message.Message):
    __slots__ = ("driver", "config", "force")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    force: bool
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., force: _Optional[bool] = ...) -> None: ...

class StopResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _node_pb2.NodeStatus
    def __init__(self, status: _Optional[_Union[_node_pb2.NodeStatus, _Mapping]] = ...) -> None: ...

class RemoveRequest(_message.Message):
    __slots__ = ("driver", "config", "force", "keep_state", "keep_daemon")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    KEEP_STATE_FIELD_NUMBER: _ClassVar[int]
    KEEP_DAEMON_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    force: bool
    keep_state: bool
    keep_daemon: bool
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., force: _Optional[bool] = ..., keep_state: _Optional[bool] = ..., keep_daemon: _Optional[bool] = ...) -> None: ...

class RemoveResponse(_message.Message):
    __slots__ = ("removed", "kept")
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    removed: _containers.RepeatedScalarFieldContainer[str]
    kept: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, removed: _Optional[_Iterable[str]] = ..., kept: _Optional[_Iterable[str]] = ...) -> None: ...

class AcquireRequest(_message.Message):
    __slots__ = ("driver", "config", "context", "credentials")
    class CredentialsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _credential_pb2.RegistryCredential
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_credential_pb2.RegistryCredential, _Mapping]] = ...) -> None: ...
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    context: LeaseContext
    credentials: _containers.MessageMap[str, _credential_pb2.RegistryCredential]
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., context: _Optional[_Union[LeaseContext, _Mapping]] = ..., credentials: _Optional[_Mapping[str, _credential_pb2.RegistryCredential]] = ...) -> None: ...

class LeaseContext(_message.Message):
    __slots__ = ("lease_id", "purpose", "build_id", "principal", "platforms", "affinity_key", "expected_context_bytes")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    AFFINITY_KEY_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_CONTEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    purpose: LeasePurpose
    build_id: str
    principal: str
    platforms: _containers.RepeatedScalarFieldContainer[str]
    affinity_key: str
    expected_context_bytes: int
    def __init__(self, lease_id: _Optional[str] = ..., purpose: _Optional[_Union[LeasePurpose, str]] = ..., build_id: _Optional[str] = ..., principal: _Optional[str] = ..., platforms: _Optional[_Iterable[str]] = ..., affinity_key: _Optional[str] = ..., expected_context_bytes: _Optional[int] = ...) -> None: ...

class AcquireResponse(_message.Message):
    __slots__ = ("progress", "endpoint", "draining")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    progress: _progress_pb2.Progress
    endpoint: Endpoint
    draining: Draining
    def __init__(self, progress: _Optional[_Union[_progress_pb2.Progress, _Mapping]] = ..., endpoint: _Optional[_Union[Endpoint, _Mapping]] = ..., draining: _Optional[_Union[Draining, _Mapping]] = ...) -> None: ...

class Endpoint(_message.Message):
    __slots__ = ("unix", "tcp", "tunnel", "expire_time", "reusable")
    UNIX_FIELD_NUMBER: _ClassVar[int]
    TCP_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REUSABLE_FIELD_NUMBER: _ClassVar[int]
    unix: UnixEndpoint
    tcp: TcpEndpoint
    tunnel: TunnelEndpoint
    expire_time: _timestamp_pb2.Timestamp
    reusable: bool
    def __init__(self, unix: _Optional[_Union[UnixEndpoint, _Mapping]] = ..., tcp: _Optional[_Union[TcpEndpoint, _Mapping]] = ..., tunnel: _Optional[_Union[TunnelEndpoint, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reusable: _Optional[bool] = ...) -> None: ...

class Draining(_message.Message):
    __slots__ = ("reason", "message", "end_time")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UnixEndpoint(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class TcpEndpoint(_message.Message):
    __slots__ = ("host", "port", "tls")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    TLS_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    tls: TlsMaterial
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., tls: _Optional[_Union[TlsMaterial, _Mapping]] = ...) -> None: ...

class TlsMaterial(_message.Message):
    __slots__ = ("ca", "certificate", "key", "server_name")
    CA_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SERVER_NAME_FIELD_NUMBER: _ClassVar[int]
    ca: bytes
    certificate: bytes
    key: bytes
    server_name: str
    def __init__(self, ca: _Optional[bytes] = ..., certificate: _Optional[bytes] = ..., key: _Optional[bytes] = ..., server_name: _Optional[str] = ...) -> None: ...

class TunnelEndpoint(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TunnelRequest(_message.Message):
    __slots__ = ("start", "data")
    START_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    start: TunnelStart
    data: bytes
    def __init__(self, start: _Optional[_Union[TunnelStart, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class TunnelStart(_message.Message):
    __slots__ = ("driver", "lease_id")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    driver: str
    lease_id: str
    def __init__(self, driver: _Optional[str] = ..., lease_id: _Optional[str] = ...) -> None: ...

class TunnelResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
