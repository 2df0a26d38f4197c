import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.build.v1 import build_error_pb2 as _build_error_pb2
from slipway.build.v1 import build_progress_pb2 as _build_progress_pb2
from slipway.common.v1 import diagnostic_pb2 as _diagnostic_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HistoryState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HISTORY_STATE_UNSPECIFIED: _ClassVar[HistoryState]
    HISTORY_STATE_RUNNING: _ClassVar[HistoryState]
    HISTORY_STATE_SUCCEEDED: _ClassVar[HistoryState]
    HISTORY_STATE_FAILED: _ClassVar[HistoryState]
    HISTORY_STATE_CANCELED: _ClassVar[HistoryState]
HISTORY_STATE_UNSPECIFIED: HistoryState
HISTORY_STATE_RUNNING: HistoryState
HISTORY_STATE_SUCCEEDED: HistoryState
HISTORY_STATE_FAILED: HistoryState
HISTORY_STATE_CANCELED: HistoryState

class HistoryRecord(_message.Message):
    __slots__ = ("ref", "builder", "node", "name", "state", "start_time", "end_time", "frontend", "frontend_attributes", "exporters", "exporter_response", "error", "total_step_count", "completed_step_count", "cached_step_count", "warning_count", "pinned", "attachments", "build")
    class FrontendAttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ExporterResponseEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REF_FIELD_NUMBER: _ClassVar[int]
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    FRONTEND_FIELD_NUMBER: _ClassVar[int]
    FRONTEND_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    EXPORTERS_FIELD_NUMBER: _ClassVar[int]
    EXPORTER_RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TOTAL_STEP_COUNT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_STEP_COUNT_FIELD_NUMBER: _ClassVar[int]
    CACHED_STEP_COUNT_FIELD_NUMBER: _ClassVar[int]
    WARNING_COUNT_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    ref: str
    builder: str
    node: str
    name: str
    state: HistoryState
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    frontend: str
    frontend_attributes: _containers.ScalarMap[str, str]
    exporters: _containers.RepeatedCompositeFieldContainer[HistoryExporter]
    exporter_response: _containers.ScalarMap[str, str]
    error: _build_error_pb2.BuildError
    total_step_count: int
    completed_step_count: int
    cached_step_count: int
    warning_count: int
    pinned: bool
    attachments: _containers.RepeatedCompositeFieldContainer[HistoryAttachment]
    build: str
    def __init__(self, ref: _Optional[str] = ..., builder: _Optional[str] = ..., node: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[_Union[HistoryState, str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., frontend: _Optional[str] = ..., frontend_attributes: _Optional[_Mapping[str, str]] = ..., exporters: _Optional[_Iterable[_Union[HistoryExporter, _Mapping]]] = ..., exporter_response: _Optional[_Mapping[str, str]] = ..., error: _Optional[_Union[_build_error_pb2.BuildError, _Mapping]] = ..., total_step_count: _Optional[int] = ..., completed_step_count: _Optional[int] = ..., cached_step_count: _Optional[int] = ..., warning_count: _Optional[int] = ..., pinned: _Optional[bool] = ..., attachments: _Optional[_Iterable[_Union[HistoryAttachment, _Mapping]]] = ..., build: _Optional[str] = ...) -> None: ...

class HistoryExporter(_message.Message):
    __slots__ = ("type", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    type: str
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, type: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class HistoryAttachment(_message.Message):
    __slots__ = ("digest", "type", "size_bytes", "platform")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    digest: str
    type: str
    size_bytes: int
    platform: str
    def __init__(self, digest: _Optional[str] = ..., type: _Optional[str] = ..., size_bytes: _Optional[int] = ..., platform: _Optional[str] = ...) -> None: ...

class ListHistoryRequest(_message.Message):
    __slots__ = ("builder", "environment", "filters", "limit", "page_size", "page_token")
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
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    filters: _containers.RepeatedScalarFieldContainer[str]
    limit: int
    page_size: int
    page_token: str
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., filters: _Optional[_Iterable[str]] = ..., limit: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListHistoryResponse(_message.Message):
    __slots__ = ("records", "diagnostics", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[HistoryRecord]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[HistoryRecord, _Mapping]]] = ..., diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetHistoryRecordRequest(_message.Message):
    __slots__ = ("builder", "environment", "ref")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    ref: str
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., ref: _Optional[str] = ...) -> None: ...

class GetHistoryRecordResponse(_message.Message):
    __slots__ = ("record",)
    RECORD_FIELD_NUMBER: _ClassVar[int]
    record: HistoryRecord
    def __init__(self, record: _Optional[_Union[HistoryRecord, _Mapping]] = ...) -> None: ...

class WatchHistoryLogsRequest(_message.Message):
    __slots__ = ("builder", "environment", "ref")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    ref: str
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., ref: _Optional[str] = ...) -> None: ...

class WatchHistoryLogsResponse(_message.Message):
    __slots__ = ("progress",)
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    progress: _build_progress_pb2.BuildProgress
    def __init__(self, progress: _Optional[_Union[_build_progress_pb2.BuildProgress, _Mapping]] = ...) -> None: ...

class ReadHistoryAttachmentRequest(_message.Message):
    __slots__ = ("builder", "environment", "ref", "digest")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    ref: str
    digest: str
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., ref: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class ReadHistoryAttachmentResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class ReadHistoryTraceRequest(_message.Message):
    __slots__ = ("builder", "environment", "ref")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    ref: str
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., ref: _Optional[str] = ...) -> None: ...

class ReadHistoryTraceResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class ExportHistoryRequest(_message.Message):
    __slots__ = ("builder", "environment", "refs", "all", "finalize", "local_states")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LocalStatesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: HistoryLocalState
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[HistoryLocalState, _Mapping]] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    REFS_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    FINALIZE_FIELD_NUMBER: _ClassVar[int]
    LOCAL_STATES_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    refs: _containers.RepeatedScalarFieldContainer[str]
    all: bool
    finalize: bool
    local_states: _containers.MessageMap[str, HistoryLocalState]
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., refs: _Optional[_Iterable[str]] = ..., all: _Optional[bool] = ..., finalize: _Optional[bool] = ..., local_states: _Optional[_Mapping[str, HistoryLocalState]] = ...) -> None: ...

class HistoryLocalState(_message.Message):
    __slots__ = ("target", "local_path", "dockerfile_path", "group_ref")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PATH_FIELD_NUMBER: _ClassVar[int]
    DOCKERFILE_PATH_FIELD_NUMBER: _ClassVar[int]
    GROUP_REF_FIELD_NUMBER: _ClassVar[int]
    target: str
    local_path: str
    dockerfile_path: str
    group_ref: str
    def __init__(self, target: _Optional[str] = ..., local_path: _Optional[str] = ..., dockerfile_path: _Optional[str] = ..., group_ref: _Optional[str] = ...) -> None: ...

class ExportHistoryResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class DeleteHistoryRequest(_message.Message):
    __slots__ = ("builder", "environment", "refs", "all")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    REFS_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    refs: _containers.RepeatedScalarFieldContainer[str]
    all: bool
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., refs: _Optional[_Iterable[str]] = ..., all: _Optional[bool] = ...) -> None: ...

class DeleteHistoryResponse(_message.Message):
    __slots__ = ("removed_refs",)
    REMOVED_REFS_FIELD_NUMBER: _ClassVar[int]
    removed_refs: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, removed_refs: _Optional[_Iterable[str]] = ...) -> None: ...
