from slipway.driver.v1 import capability_pb2 as _capability_pb2
from slipway.driver.v1 import descriptor_pb2 as _descriptor_pb2
from slipway.driver.v1 import diagnostic_pb2 as _diagnostic_pb2
from slipway.driver.v1 import node_pb2 as _node_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HandshakeRequest(_message.Message):
    __slots__ = ("host", "capabilities")
    HOST_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    host: _capability_pb2.Peer
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    def __init__(self, host: _Optional[_Union[_capability_pb2.Peer, _Mapping]] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ...) -> None: ...

class HandshakeResponse(_message.Message):
    __slots__ = ("plugin", "drivers", "limits")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    DRIVERS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    plugin: _node_pb2.PluginInfo
    drivers: _containers.RepeatedCompositeFieldContainer[_descriptor_pb2.DriverDescriptor]
    limits: _node_pb2.Limits
    def __init__(self, plugin: _Optional[_Union[_node_pb2.PluginInfo, _Mapping]] = ..., drivers: _Optional[_Iterable[_Union[_descriptor_pb2.DriverDescriptor, _Mapping]]] = ..., limits: _Optional[_Union[_node_pb2.Limits, _Mapping]] = ...) -> None: ...

class ListImplicitBuildersRequest(_message.Message):
    __slots__ = ("driver", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    driver: str
    environment: _containers.ScalarMap[str, str]
    def __init__(self, driver: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ListImplicitBuildersResponse(_message.Message):
    __slots__ = ("builders", "diagnostics")
    BUILDERS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    builders: _containers.RepeatedCompositeFieldContainer[ImplicitBuilder]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, builders: _Optional[_Iterable[_Union[ImplicitBuilder, _Mapping]]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

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

class BootstrapRequest(_message.Message):
    __slots__ = ("driver", "config", "credentials")
    class CredentialsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: RegistryCredential
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[RegistryCredential, _Mapping]] = ...) -> None: ...
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    credentials: _containers.MessageMap[str, RegistryCredential]
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., credentials: _Optional[_Mapping[str, RegistryCredential]] = ...) -> None: ...

class RegistryCredential(_message.Message):
    __slots__ = ("username", "secret")
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    username: str
    secret: str
    def __init__(self, username: _Optional[str] = ..., secret: _Optional[str] = ...) -> None: ...

class BootstrapResponse(_message.Message):
    __slots__ = ("progress", "status")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    progress: Progress
    status: _node_pb2.NodeStatus
    def __init__(self, progress: _Optional[_Union[Progress, _Mapping]] = ..., status: _Optional[_Union[_node_pb2.NodeStatus, _Mapping]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("id", "name", "current", "total", "done", "error", "log")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    current: int
    total: int
    done: bool
    error: str
    log: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., current: _Optional[int] = ..., total: _Optional[int] = ..., done: _Optional[bool] = ..., error: _Optional[str] = ..., log: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("removed",)
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    removed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, removed: _Optional[_Iterable[str]] = ...) -> None: ...

class DialRequest(_message.Message):
    __slots__ = ("driver", "config", "affinity_key")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    AFFINITY_KEY_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    affinity_key: str
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., affinity_key: _Optional[str] = ...) -> None: ...

class DialResponse(_message.Message):
    __slots__ = ("unix", "tcp", "tunnel")
    UNIX_FIELD_NUMBER: _ClassVar[int]
    TCP_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    unix: UnixEndpoint
    tcp: TcpEndpoint
    tunnel: TunnelEndpoint
    def __init__(self, unix: _Optional[_Union[UnixEndpoint, _Mapping]] = ..., tcp: _Optional[_Union[TcpEndpoint, _Mapping]] = ..., tunnel: _Optional[_Union[TunnelEndpoint, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("dial", "data")
    DIAL_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    dial: DialRequest
    data: bytes
    def __init__(self, dial: _Optional[_Union[DialRequest, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class TunnelResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
