from slipway.common.v1 import capability_pb2 as _capability_pb2
from slipway.common.v1 import feature_pb2 as _feature_pb2
from slipway.common.v1 import node_state_pb2 as _node_state_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeConfig(_message.Message):
    __slots__ = ("builder", "node", "endpoint", "options", "daemon_flags", "daemon_files", "platforms", "allowed_addresses")
    class OptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class DaemonFilesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    DAEMON_FLAGS_FIELD_NUMBER: _ClassVar[int]
    DAEMON_FILES_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    builder: str
    node: str
    endpoint: str
    options: _containers.ScalarMap[str, str]
    daemon_flags: _containers.RepeatedScalarFieldContainer[str]
    daemon_files: _containers.ScalarMap[str, bytes]
    platforms: _containers.RepeatedScalarFieldContainer[str]
    allowed_addresses: AllowedAddresses
    def __init__(self, builder: _Optional[str] = ..., node: _Optional[str] = ..., endpoint: _Optional[str] = ..., options: _Optional[_Mapping[str, str]] = ..., daemon_flags: _Optional[_Iterable[str]] = ..., daemon_files: _Optional[_Mapping[str, bytes]] = ..., platforms: _Optional[_Iterable[str]] = ..., allowed_addresses: _Optional[_Union[AllowedAddresses, _Mapping]] = ...) -> None: ...

class AllowedAddresses(_message.Message):
    __slots__ = ("addresses",)
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, addresses: _Optional[_Iterable[str]] = ...) -> None: ...

class NodeStatus(_message.Message):
    __slots__ = ("state", "reason", "message", "remedy", "backend", "dynamic_nodes", "features", "build_defaults", "changed_fields", "state_kept", "image_registries", "platforms")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    DYNAMIC_NODES_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    BUILD_DEFAULTS_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELDS_FIELD_NUMBER: _ClassVar[int]
    STATE_KEPT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_REGISTRIES_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    state: _node_state_pb2.NodeState
    reason: str
    message: str
    remedy: str
    backend: str
    dynamic_nodes: _containers.RepeatedCompositeFieldContainer[_node_state_pb2.DynamicNode]
    features: _containers.RepeatedCompositeFieldContainer[_feature_pb2.Feature]
    build_defaults: BuildDefaults
    changed_fields: _containers.RepeatedScalarFieldContainer[str]
    state_kept: bool
    image_registries: _containers.RepeatedScalarFieldContainer[str]
    platforms: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, state: _Optional[_Union[_node_state_pb2.NodeState, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., backend: _Optional[str] = ..., dynamic_nodes: _Optional[_Iterable[_Union[_node_state_pb2.DynamicNode, _Mapping]]] = ..., features: _Optional[_Iterable[_Union[_feature_pb2.Feature, _Mapping]]] = ..., build_defaults: _Optional[_Union[BuildDefaults, _Mapping]] = ..., changed_fields: _Optional[_Iterable[str]] = ..., state_kept: _Optional[bool] = ..., image_registries: _Optional[_Iterable[str]] = ..., platforms: _Optional[_Iterable[str]] = ...) -> None: ...

class BuildDefaults(_message.Message):
    __slots__ = ("exporter_types", "frontend_attributes", "load_by_default", "image_exporter_loads", "cache_exports", "cache_imports")
    class ExporterTypesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class FrontendAttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EXPORTER_TYPES_FIELD_NUMBER: _ClassVar[int]
    FRONTEND_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    LOAD_BY_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_EXPORTER_LOADS_FIELD_NUMBER: _ClassVar[int]
    CACHE_EXPORTS_FIELD_NUMBER: _ClassVar[int]
    CACHE_IMPORTS_FIELD_NUMBER: _ClassVar[int]
    exporter_types: _containers.ScalarMap[str, str]
    frontend_attributes: _containers.ScalarMap[str, str]
    load_by_default: bool
    image_exporter_loads: bool
    cache_exports: _containers.RepeatedScalarFieldContainer[str]
    cache_imports: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, exporter_types: _Optional[_Mapping[str, str]] = ..., frontend_attributes: _Optional[_Mapping[str, str]] = ..., load_by_default: _Optional[bool] = ..., image_exporter_loads: _Optional[bool] = ..., cache_exports: _Optional[_Iterable[str]] = ..., cache_imports: _Optional[_Iterable[str]] = ...) -> None: ...

class PluginLimits(_message.Message):
    __slots__ = ("max_message_bytes",)
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    def __init__(self, max_message_bytes: _Optional[int] = ...) -> None: ...

class PluginInfo(_message.Message):
    __slots__ = ("peer", "vendor", "url", "capabilities")
    PEER_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    peer: _capability_pb2.Peer
    vendor: str
    url: str
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    def __init__(self, peer: _Optional[_Union[_capability_pb2.Peer, _Mapping]] = ..., vendor: _Optional[str] = ..., url: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ...) -> None: ...
