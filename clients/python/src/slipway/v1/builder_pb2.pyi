import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.common.v1 import diagnostic_pb2 as _diagnostic_pb2
from slipway.common.v1 import feature_pb2 as _feature_pb2
from slipway.common.v1 import node_state_pb2 as _node_state_pb2
from slipway.v1 import build_event_pb2 as _build_event_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuilderInstance(_message.Message):
    __slots__ = ("name", "driver", "nodes", "implicit", "current", "create_time", "last_use_time", "error", "origin", "allowed_principals", "description", "max_running_builds", "untrusted")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    IMPLICIT_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_USE_TIME_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_PRINCIPALS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNNING_BUILDS_FIELD_NUMBER: _ClassVar[int]
    UNTRUSTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    driver: str
    nodes: _containers.RepeatedCompositeFieldContainer[Node]
    implicit: bool
    current: bool
    create_time: _timestamp_pb2.Timestamp
    last_use_time: _timestamp_pb2.Timestamp
    error: _diagnostic_pb2.Diagnostic
    origin: str
    allowed_principals: _containers.RepeatedScalarFieldContainer[str]
    description: str
    max_running_builds: int
    untrusted: bool
    def __init__(self, name: _Optional[str] = ..., driver: _Optional[str] = ..., nodes: _Optional[_Iterable[_Union[Node, _Mapping]]] = ..., implicit: _Optional[bool] = ..., current: _Optional[bool] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_use_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., error: _Optional[_Union[_diagnostic_pb2.Diagnostic, _Mapping]] = ..., origin: _Optional[str] = ..., allowed_principals: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ..., max_running_builds: _Optional[int] = ..., untrusted: _Optional[bool] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("spec", "status", "buildkit_version", "workers", "platforms", "error", "daemon_files", "secret_options", "upgrade_warnings")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    BUILDKIT_VERSION_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DAEMON_FILES_FIELD_NUMBER: _ClassVar[int]
    SECRET_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    UPGRADE_WARNINGS_FIELD_NUMBER: _ClassVar[int]
    spec: NodeSpec
    status: NodeCondition
    buildkit_version: str
    workers: _containers.RepeatedCompositeFieldContainer[Worker]
    platforms: _containers.RepeatedScalarFieldContainer[str]
    error: _diagnostic_pb2.Diagnostic
    daemon_files: _containers.RepeatedCompositeFieldContainer[DaemonFile]
    secret_options: _containers.RepeatedScalarFieldContainer[str]
    upgrade_warnings: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, spec: _Optional[_Union[NodeSpec, _Mapping]] = ..., status: _Optional[_Union[NodeCondition, _Mapping]] = ..., buildkit_version: _Optional[str] = ..., workers: _Optional[_Iterable[_Union[Worker, _Mapping]]] = ..., platforms: _Optional[_Iterable[str]] = ..., error: _Optional[_Union[_diagnostic_pb2.Diagnostic, _Mapping]] = ..., daemon_files: _Optional[_Iterable[_Union[DaemonFile, _Mapping]]] = ..., secret_options: _Optional[_Iterable[str]] = ..., upgrade_warnings: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class NodeCondition(_message.Message):
    __slots__ = ("state", "reason", "message", "remedy", "backend", "dynamic_nodes", "features", "changed_fields", "state_kept")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    DYNAMIC_NODES_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELDS_FIELD_NUMBER: _ClassVar[int]
    STATE_KEPT_FIELD_NUMBER: _ClassVar[int]
    state: _node_state_pb2.NodeState
    reason: str
    message: str
    remedy: str
    backend: str
    dynamic_nodes: _containers.RepeatedCompositeFieldContainer[_node_state_pb2.DynamicNode]
    features: _containers.RepeatedCompositeFieldContainer[_feature_pb2.Feature]
    changed_fields: _containers.RepeatedScalarFieldContainer[str]
    state_kept: bool
    def __init__(self, state: _Optional[_Union[_node_state_pb2.NodeState, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., backend: _Optional[str] = ..., dynamic_nodes: _Optional[_Iterable[_Union[_node_state_pb2.DynamicNode, _Mapping]]] = ..., features: _Optional[_Iterable[_Union[_feature_pb2.Feature, _Mapping]]] = ..., changed_fields: _Optional[_Iterable[str]] = ..., state_kept: _Optional[bool] = ...) -> None: ...

class DaemonFile(_message.Message):
    __slots__ = ("path", "size_bytes", "digest")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    path: str
    size_bytes: int
    digest: str
    def __init__(self, path: _Optional[str] = ..., size_bytes: _Optional[int] = ..., digest: _Optional[str] = ...) -> None: ...

class Worker(_message.Message):
    __slots__ = ("id", "labels", "platforms", "gc_policies", "devices")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    GC_POLICIES_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    id: str
    labels: _containers.ScalarMap[str, str]
    platforms: _containers.RepeatedScalarFieldContainer[str]
    gc_policies: _containers.RepeatedCompositeFieldContainer[GcPolicy]
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    def __init__(self, id: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., platforms: _Optional[_Iterable[str]] = ..., gc_policies: _Optional[_Iterable[_Union[GcPolicy, _Mapping]]] = ..., devices: _Optional[_Iterable[_Union[Device, _Mapping]]] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("name", "auto_allow", "on_demand", "annotations")
    class AnnotationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    AUTO_ALLOW_FIELD_NUMBER: _ClassVar[int]
    ON_DEMAND_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    auto_allow: bool
    on_demand: bool
    annotations: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., auto_allow: _Optional[bool] = ..., on_demand: _Optional[bool] = ..., annotations: _Optional[_Mapping[str, str]] = ...) -> None: ...

class GcPolicy(_message.Message):
    __slots__ = ("all", "filters", "keep_duration", "reserved_space_bytes", "max_used_space_bytes", "min_free_space_bytes")
    ALL_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    KEEP_DURATION_FIELD_NUMBER: _ClassVar[int]
    RESERVED_SPACE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_USED_SPACE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MIN_FREE_SPACE_BYTES_FIELD_NUMBER: _ClassVar[int]
    all: bool
    filters: _containers.RepeatedScalarFieldContainer[str]
    keep_duration: _duration_pb2.Duration
    reserved_space_bytes: int
    max_used_space_bytes: int
    min_free_space_bytes: int
    def __init__(self, all: _Optional[bool] = ..., filters: _Optional[_Iterable[str]] = ..., keep_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reserved_space_bytes: _Optional[int] = ..., max_used_space_bytes: _Optional[int] = ..., min_free_space_bytes: _Optional[int] = ...) -> None: ...

class NodeSpec(_message.Message):
    __slots__ = ("name", "endpoint", "options", "daemon_flags", "daemon_files", "platforms")
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
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    DAEMON_FLAGS_FIELD_NUMBER: _ClassVar[int]
    DAEMON_FILES_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    endpoint: str
    options: _containers.ScalarMap[str, str]
    daemon_flags: _containers.RepeatedScalarFieldContainer[str]
    daemon_files: _containers.ScalarMap[str, bytes]
    platforms: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., endpoint: _Optional[str] = ..., options: _Optional[_Mapping[str, str]] = ..., daemon_flags: _Optional[_Iterable[str]] = ..., daemon_files: _Optional[_Mapping[str, bytes]] = ..., platforms: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateBuilderRequest(_message.Message):
    __slots__ = ("name", "driver", "node", "environment", "validate_only", "request_id", "max_running_builds", "untrusted")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNNING_BUILDS_FIELD_NUMBER: _ClassVar[int]
    UNTRUSTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    driver: str
    node: NodeSpec
    environment: _containers.ScalarMap[str, str]
    validate_only: bool
    request_id: str
    max_running_builds: int
    untrusted: bool
    def __init__(self, name: _Optional[str] = ..., driver: _Optional[str] = ..., node: _Optional[_Union[NodeSpec, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ..., validate_only: _Optional[bool] = ..., request_id: _Optional[str] = ..., max_running_builds: _Optional[int] = ..., untrusted: _Optional[bool] = ...) -> None: ...

class CreateBuilderResponse(_message.Message):
    __slots__ = ("builder", "diagnostics")
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class AppendNodeRequest(_message.Message):
    __slots__ = ("builder", "node", "environment", "driver", "must_exist", "request_id")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    MUST_EXIST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    builder: str
    node: NodeSpec
    environment: _containers.ScalarMap[str, str]
    driver: str
    must_exist: bool
    request_id: str
    def __init__(self, builder: _Optional[str] = ..., node: _Optional[_Union[NodeSpec, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ..., driver: _Optional[str] = ..., must_exist: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class AppendNodeResponse(_message.Message):
    __slots__ = ("builder", "diagnostics")
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class UpdateNodeRequest(_message.Message):
    __slots__ = ("builder", "node", "update_mask", "environment", "validate_only", "request_id")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    builder: str
    node: NodeSpec
    update_mask: _field_mask_pb2.FieldMask
    environment: _containers.ScalarMap[str, str]
    validate_only: bool
    request_id: str
    def __init__(self, builder: _Optional[str] = ..., node: _Optional[_Union[NodeSpec, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ..., validate_only: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateNodeResponse(_message.Message):
    __slots__ = ("builder", "diagnostics")
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class LeaveNodeRequest(_message.Message):
    __slots__ = ("builder", "node", "force", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    builder: str
    node: str
    force: bool
    environment: _containers.ScalarMap[str, str]
    def __init__(self, builder: _Optional[str] = ..., node: _Optional[str] = ..., force: _Optional[bool] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class LeaveNodeResponse(_message.Message):
    __slots__ = ("builder", "diagnostics")
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class GetBuilderRequest(_message.Message):
    __slots__ = ("name", "environment", "inspect", "timeout")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    INSPECT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    environment: _containers.ScalarMap[str, str]
    inspect: bool
    timeout: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., inspect: _Optional[bool] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetBuilderResponse(_message.Message):
    __slots__ = ("builder",)
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ...) -> None: ...

class ListBuildersRequest(_message.Message):
    __slots__ = ("environment", "inspect", "timeout", "page_size", "page_token")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    INSPECT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    environment: _containers.ScalarMap[str, str]
    inspect: bool
    timeout: _duration_pb2.Duration
    page_size: int
    page_token: str
    def __init__(self, environment: _Optional[_Mapping[str, str]] = ..., inspect: _Optional[bool] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBuildersResponse(_message.Message):
    __slots__ = ("builders", "diagnostics", "next_page_token")
    BUILDERS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    builders: _containers.RepeatedCompositeFieldContainer[BuilderInstance]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    next_page_token: str
    def __init__(self, builders: _Optional[_Iterable[_Union[BuilderInstance, _Mapping]]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class BootstrapBuilderRequest(_message.Message):
    __slots__ = ("name", "environment", "create", "append")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    CREATE_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    name: str
    environment: _containers.ScalarMap[str, str]
    create: CreateBuilderRequest
    append: AppendNodeRequest
    def __init__(self, name: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., create: _Optional[_Union[CreateBuilderRequest, _Mapping]] = ..., append: _Optional[_Union[AppendNodeRequest, _Mapping]] = ...) -> None: ...

class BootstrapBuilderResponse(_message.Message):
    __slots__ = ("progress", "booted")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    BOOTED_FIELD_NUMBER: _ClassVar[int]
    progress: _build_event_pb2.NodeBootstrap
    booted: BootstrappedBuilder
    def __init__(self, progress: _Optional[_Union[_build_event_pb2.NodeBootstrap, _Mapping]] = ..., booted: _Optional[_Union[BootstrappedBuilder, _Mapping]] = ...) -> None: ...

class BootstrappedBuilder(_message.Message):
    __slots__ = ("builder", "diagnostics")
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class StopBuilderRequest(_message.Message):
    __slots__ = ("name", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    environment: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class StopBuilderResponse(_message.Message):
    __slots__ = ("builder",)
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ...) -> None: ...

class RemoveBuilderRequest(_message.Message):
    __slots__ = ("name", "keep_state", "keep_daemon", "force", "timeout", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEEP_STATE_FIELD_NUMBER: _ClassVar[int]
    KEEP_DAEMON_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    keep_state: bool
    keep_daemon: bool
    force: bool
    timeout: _duration_pb2.Duration
    environment: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., keep_state: _Optional[bool] = ..., keep_daemon: _Optional[bool] = ..., force: _Optional[bool] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class RemoveBuilderResponse(_message.Message):
    __slots__ = ("removed", "diagnostics", "kept")
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    removed: _containers.RepeatedScalarFieldContainer[str]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    kept: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, removed: _Optional[_Iterable[str]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ..., kept: _Optional[_Iterable[str]] = ...) -> None: ...

class SetDefaultBuilderRequest(_message.Message):
    __slots__ = ("name", "environment", "all_environments")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    ALL_ENVIRONMENTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    environment: _containers.ScalarMap[str, str]
    all_environments: bool
    def __init__(self, name: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., all_environments: _Optional[bool] = ...) -> None: ...

class SetDefaultBuilderResponse(_message.Message):
    __slots__ = ("builder",)
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ...) -> None: ...

class SetBuilderAccessRequest(_message.Message):
    __slots__ = ("name", "allowed_principals")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_PRINCIPALS_FIELD_NUMBER: _ClassVar[int]
    name: str
    allowed_principals: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., allowed_principals: _Optional[_Iterable[str]] = ...) -> None: ...

class SetBuilderAccessResponse(_message.Message):
    __slots__ = ("builder",)
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    builder: BuilderInstance
    def __init__(self, builder: _Optional[_Union[BuilderInstance, _Mapping]] = ...) -> None: ...

class UsageRecord(_message.Message):
    __slots__ = ("id", "node", "parents", "size_bytes", "mutable", "in_use", "shared", "description", "type", "usage_count", "create_time", "last_use_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    PARENTS_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MUTABLE_FIELD_NUMBER: _ClassVar[int]
    IN_USE_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    USAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_USE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    node: str
    parents: _containers.RepeatedScalarFieldContainer[str]
    size_bytes: int
    mutable: bool
    in_use: bool
    shared: bool
    description: str
    type: str
    usage_count: int
    create_time: _timestamp_pb2.Timestamp
    last_use_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., node: _Optional[str] = ..., parents: _Optional[_Iterable[str]] = ..., size_bytes: _Optional[int] = ..., mutable: _Optional[bool] = ..., in_use: _Optional[bool] = ..., shared: _Optional[bool] = ..., description: _Optional[str] = ..., type: _Optional[str] = ..., usage_count: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_use_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetDiskUsageRequest(_message.Message):
    __slots__ = ("builder", "environment", "filters", "timeout", "page_size", "page_token")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    filters: _containers.RepeatedScalarFieldContainer[str]
    timeout: _duration_pb2.Duration
    page_size: int
    page_token: str
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., filters: _Optional[_Iterable[str]] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetDiskUsageResponse(_message.Message):
    __slots__ = ("records", "diagnostics", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[UsageRecord]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[UsageRecord, _Mapping]]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetDiskUsageHistoryRequest(_message.Message):
    __slots__ = ("builder", "environment", "page_size", "page_token")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    page_size: int
    page_token: str
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetDiskUsageHistoryResponse(_message.Message):
    __slots__ = ("nodes", "next_page_token")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[NodeDiskUsage]
    next_page_token: str
    def __init__(self, nodes: _Optional[_Iterable[_Union[NodeDiskUsage, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class NodeDiskUsage(_message.Message):
    __slots__ = ("node", "samples")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    node: str
    samples: _containers.RepeatedCompositeFieldContainer[DiskUsageSample]
    def __init__(self, node: _Optional[str] = ..., samples: _Optional[_Iterable[_Union[DiskUsageSample, _Mapping]]] = ...) -> None: ...

class DiskUsageSample(_message.Message):
    __slots__ = ("time", "size_bytes")
    class SizeBytesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    TIME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    size_bytes: _containers.ScalarMap[str, int]
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., size_bytes: _Optional[_Mapping[str, int]] = ...) -> None: ...

class PruneBuilderRequest(_message.Message):
    __slots__ = ("name", "environment", "filters", "all", "keep_duration", "reserved_space_bytes", "max_used_space_bytes", "min_free_space_bytes", "connect_timeout")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    KEEP_DURATION_FIELD_NUMBER: _ClassVar[int]
    RESERVED_SPACE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_USED_SPACE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MIN_FREE_SPACE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONNECT_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    environment: _containers.ScalarMap[str, str]
    filters: _containers.RepeatedScalarFieldContainer[str]
    all: bool
    keep_duration: _duration_pb2.Duration
    reserved_space_bytes: int
    max_used_space_bytes: int
    min_free_space_bytes: int
    connect_timeout: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., filters: _Optional[_Iterable[str]] = ..., all: _Optional[bool] = ..., keep_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reserved_space_bytes: _Optional[int] = ..., max_used_space_bytes: _Optional[int] = ..., min_free_space_bytes: _Optional[int] = ..., connect_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PruneBuilderResponse(_message.Message):
    __slots__ = ("record", "diagnostic")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTIC_FIELD_NUMBER: _ClassVar[int]
    record: UsageRecord
    diagnostic: _diagnostic_pb2.Diagnostic
    def __init__(self, record: _Optional[_Union[UsageRecord, _Mapping]] = ..., diagnostic: _Optional[_Union[_diagnostic_pb2.Diagnostic, _Mapping]] = ...) -> None: ...

class DialBuilderRequest(_message.Message):
    __slots__ = ("target", "data")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    target: DialTarget
    data: bytes
    def __init__(self, target: _Optional[_Union[DialTarget, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class DialTarget(_message.Message):
    __slots__ = ("builder", "environment", "platform")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    platform: str
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., platform: _Optional[str] = ...) -> None: ...

class DialBuilderResponse(_message.Message):
    __slots__ = ("progress", "connected", "data")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    progress: _build_event_pb2.NodeBootstrap
    connected: DialConnection
    data: bytes
    def __init__(self, progress: _Optional[_Union[_build_event_pb2.NodeBootstrap, _Mapping]] = ..., connected: _Optional[_Union[DialConnection, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class DialConnection(_message.Message):
    __slots__ = ("node",)
    NODE_FIELD_NUMBER: _ClassVar[int]
    node: str
    def __init__(self, node: _Optional[str] = ...) -> None: ...
