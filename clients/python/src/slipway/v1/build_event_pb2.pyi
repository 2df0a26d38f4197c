import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.driver.v1 import diagnostic_pb2 as _diagnostic_pb2
from slipway.driver.v1 import driver_pb2 as _driver_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuildState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUILD_STATE_UNSPECIFIED: _ClassVar[BuildState]
    BUILD_STATE_PENDING: _ClassVar[BuildState]
    BUILD_STATE_RUNNING: _ClassVar[BuildState]
    BUILD_STATE_SUCCEEDED: _ClassVar[BuildState]
    BUILD_STATE_FAILED: _ClassVar[BuildState]
    BUILD_STATE_CANCELLED: _ClassVar[BuildState]
BUILD_STATE_UNSPECIFIED: BuildState
BUILD_STATE_PENDING: BuildState
BUILD_STATE_RUNNING: BuildState
BUILD_STATE_SUCCEEDED: BuildState
BUILD_STATE_FAILED: BuildState
BUILD_STATE_CANCELLED: BuildState

class BuildEvent(_message.Message):
    __slots__ = ("sequence", "time", "accepted", "bootstrap", "started", "progress", "warning", "output_ready", "finished")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_READY_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    accepted: BuildAccepted
    bootstrap: NodeBootstrap
    started: BuildStarted
    progress: BuildProgress
    warning: _diagnostic_pb2.Diagnostic
    output_ready: OutputReady
    finished: BuildFinished
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., accepted: _Optional[_Union[BuildAccepted, _Mapping]] = ..., bootstrap: _Optional[_Union[NodeBootstrap, _Mapping]] = ..., started: _Optional[_Union[BuildStarted, _Mapping]] = ..., progress: _Optional[_Union[BuildProgress, _Mapping]] = ..., warning: _Optional[_Union[_diagnostic_pb2.Diagnostic, _Mapping]] = ..., output_ready: _Optional[_Union[OutputReady, _Mapping]] = ..., finished: _Optional[_Union[BuildFinished, _Mapping]] = ...) -> None: ...

class BuildAccepted(_message.Message):
    __slots__ = ("builder", "driver", "nodes")
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    builder: str
    driver: str
    nodes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, builder: _Optional[str] = ..., driver: _Optional[str] = ..., nodes: _Optional[_Iterable[str]] = ...) -> None: ...

class NodeBootstrap(_message.Message):
    __slots__ = ("node", "progress")
    NODE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    node: str
    progress: _driver_pb2.Progress
    def __init__(self, node: _Optional[str] = ..., progress: _Optional[_Union[_driver_pb2.Progress, _Mapping]] = ...) -> None: ...

class BuildStarted(_message.Message):
    __slots__ = ("node", "ref", "platforms")
    NODE_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    node: str
    ref: str
    platforms: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, node: _Optional[str] = ..., ref: _Optional[str] = ..., platforms: _Optional[_Iterable[str]] = ...) -> None: ...

class BuildProgress(_message.Message):
    __slots__ = ("vertexes", "statuses", "logs", "warnings", "node")
    VERTEXES_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    LOGS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    vertexes: _containers.RepeatedCompositeFieldContainer[Vertex]
    statuses: _containers.RepeatedCompositeFieldContainer[VertexStatus]
    logs: _containers.RepeatedCompositeFieldContainer[VertexLog]
    warnings: _containers.RepeatedCompositeFieldContainer[VertexWarning]
    node: str
    def __init__(self, vertexes: _Optional[_Iterable[_Union[Vertex, _Mapping]]] = ..., statuses: _Optional[_Iterable[_Union[VertexStatus, _Mapping]]] = ..., logs: _Optional[_Iterable[_Union[VertexLog, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[VertexWarning, _Mapping]]] = ..., node: _Optional[str] = ...) -> None: ...

class Vertex(_message.Message):
    __slots__ = ("digest", "inputs", "name", "cached", "start_time", "complete_time", "error", "progress_group")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_TIME_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_GROUP_FIELD_NUMBER: _ClassVar[int]
    digest: str
    inputs: _containers.RepeatedScalarFieldContainer[str]
    name: str
    cached: bool
    start_time: _timestamp_pb2.Timestamp
    complete_time: _timestamp_pb2.Timestamp
    error: str
    progress_group: ProgressGroup
    def __init__(self, digest: _Optional[str] = ..., inputs: _Optional[_Iterable[str]] = ..., name: _Optional[str] = ..., cached: _Optional[bool] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., complete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., error: _Optional[str] = ..., progress_group: _Optional[_Union[ProgressGroup, _Mapping]] = ...) -> None: ...

class ProgressGroup(_message.Message):
    __slots__ = ("id", "name", "weak")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    WEAK_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    weak: bool
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., weak: _Optional[bool] = ...) -> None: ...

class VertexStatus(_message.Message):
    __slots__ = ("id", "vertex", "name", "current", "total", "time", "start_time", "complete_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERTEX_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    vertex: str
    name: str
    current: int
    total: int
    time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    complete_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., vertex: _Optional[str] = ..., name: _Optional[str] = ..., current: _Optional[int] = ..., total: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., complete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class VertexLog(_message.Message):
    __slots__ = ("vertex", "time", "stream", "data")
    VERTEX_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    vertex: str
    time: _timestamp_pb2.Timestamp
    stream: int
    data: bytes
    def __init__(self, vertex: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stream: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class VertexWarning(_message.Message):
    __slots__ = ("vertex", "level", "short", "detail", "url", "source")
    VERTEX_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SHORT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    vertex: str
    level: int
    short: str
    detail: _containers.RepeatedScalarFieldContainer[str]
    url: str
    source: SourceLocation
    def __init__(self, vertex: _Optional[str] = ..., level: _Optional[int] = ..., short: _Optional[str] = ..., detail: _Optional[_Iterable[str]] = ..., url: _Optional[str] = ..., source: _Optional[_Union[SourceLocation, _Mapping]] = ...) -> None: ...

class SourceLocation(_message.Message):
    __slots__ = ("filename", "data", "ranges", "language")
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    RANGES_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    filename: str
    data: bytes
    ranges: _containers.RepeatedCompositeFieldContainer[SourceRange]
    language: str
    def __init__(self, filename: _Optional[str] = ..., data: _Optional[bytes] = ..., ranges: _Optional[_Iterable[_Union[SourceRange, _Mapping]]] = ..., language: _Optional[str] = ...) -> None: ...

class SourceRange(_message.Message):
    __slots__ = ("start_line", "start_character", "end_line", "end_character")
    START_LINE_FIELD_NUMBER: _ClassVar[int]
    START_CHARACTER_FIELD_NUMBER: _ClassVar[int]
    END_LINE_FIELD_NUMBER: _ClassVar[int]
    END_CHARACTER_FIELD_NUMBER: _ClassVar[int]
    start_line: int
    start_character: int
    end_line: int
    end_character: int
    def __init__(self, start_line: _Optional[int] = ..., start_character: _Optional[int] = ..., end_line: _Optional[int] = ..., end_character: _Optional[int] = ...) -> None: ...

class OutputReady(_message.Message):
    __slots__ = ("output",)
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    output: int
    def __init__(self, output: _Optional[int] = ...) -> None: ...

class BuildFinished(_message.Message):
    __slots__ = ("state", "result", "error")
    STATE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    state: BuildState
    result: BuildResult
    error: BuildError
    def __init__(self, state: _Optional[_Union[BuildState, str]] = ..., result: _Optional[_Union[BuildResult, _Mapping]] = ..., error: _Optional[_Union[BuildError, _Mapping]] = ...) -> None: ...

class BuildResult(_message.Message):
    __slots__ = ("image_digest", "config_digest", "image_names", "exporter_response", "call", "cache_only", "provenance", "nodes")
    class ExporterResponseEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    IMAGE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CONFIG_DIGEST_FIELD_NUMBER: _ClassVar[int]
    IMAGE_NAMES_FIELD_NUMBER: _ClassVar[int]
    EXPORTER_RESPONSE_FIELD_NUMBER: _ClassVar[int]
    CALL_FIELD_NUMBER: _ClassVar[int]
    CACHE_ONLY_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    image_digest: str
    config_digest: str
    image_names: _containers.RepeatedScalarFieldContainer[str]
    exporter_response: _containers.ScalarMap[str, str]
    call: CallResult
    cache_only: bool
    provenance: _containers.RepeatedCompositeFieldContainer[Provenance]
    nodes: _containers.RepeatedCompositeFieldContainer[NodeResult]
    def __init__(self, image_digest: _Optional[str] = ..., config_digest: _Optional[str] = ..., image_names: _Optional[_Iterable[str]] = ..., exporter_response: _Optional[_Mapping[str, str]] = ..., call: _Optional[_Union[CallResult, _Mapping]] = ..., cache_only: _Optional[bool] = ..., provenance: _Optional[_Iterable[_Union[Provenance, _Mapping]]] = ..., nodes: _Optional[_Iterable[_Union[NodeResult, _Mapping]]] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("platform", "predicate_type", "predicate")
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    PREDICATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    PREDICATE_FIELD_NUMBER: _ClassVar[int]
    platform: str
    predicate_type: str
    predicate: bytes
    def __init__(self, platform: _Optional[str] = ..., predicate_type: _Optional[str] = ..., predicate: _Optional[bytes] = ...) -> None: ...

class NodeResult(_message.Message):
    __slots__ = ("node", "ref", "platforms", "image_digest", "exporter_response")
    class ExporterResponseEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NODE_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    EXPORTER_RESPONSE_FIELD_NUMBER: _ClassVar[int]
    node: str
    ref: str
    platforms: _containers.RepeatedScalarFieldContainer[str]
    image_digest: str
    exporter_response: _containers.ScalarMap[str, str]
    def __init__(self, node: _Optional[str] = ..., ref: _Optional[str] = ..., platforms: _Optional[_Iterable[str]] = ..., image_digest: _Optional[str] = ..., exporter_response: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CallResult(_message.Message):
    __slots__ = ("json", "text", "status_code")
    JSON_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    json: bytes
    text: str
    status_code: int
    def __init__(self, json: _Optional[bytes] = ..., text: _Optional[str] = ..., status_code: _Optional[int] = ...) -> None: ...

class BuildError(_message.Message):
    __slots__ = ("reason", "code", "message", "remedy", "vertex", "exit_code", "sources", "field", "node")
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    VERTEX_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    code: int
    message: str
    remedy: str
    vertex: str
    exit_code: int
    sources: _containers.RepeatedCompositeFieldContainer[SourceLocation]
    field: str
    node: str
    def __init__(self, reason: _Optional[str] = ..., code: _Optional[int] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., vertex: _Optional[str] = ..., exit_code: _Optional[int] = ..., sources: _Optional[_Iterable[_Union[SourceLocation, _Mapping]]] = ..., field: _Optional[str] = ..., node: _Optional[str] = ...) -> None: ...
