import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.build.v1 import build_error_pb2 as _build_error_pb2
from slipway.build.v1 import build_result_pb2 as _build_result_pb2
from slipway.build.v1 import build_spec_pb2 as _build_spec_pb2
from slipway.v1 import build_event_pb2 as _build_event_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuildHold(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUILD_HOLD_UNSPECIFIED: _ClassVar[BuildHold]
    BUILD_HOLD_ON_ERROR: _ClassVar[BuildHold]
    BUILD_HOLD_ALWAYS: _ClassVar[BuildHold]
    BUILD_HOLD_ON_START: _ClassVar[BuildHold]
BUILD_HOLD_UNSPECIFIED: BuildHold
BUILD_HOLD_ON_ERROR: BuildHold
BUILD_HOLD_ALWAYS: BuildHold
BUILD_HOLD_ON_START: BuildHold

class Build(_message.Message):
    __slots__ = ("id", "state", "display_name", "builder", "driver", "create_time", "start_time", "end_time", "last_sequence", "result", "error", "spec", "refs", "owner", "attempt", "project", "untrusted", "held", "queued", "step_counts")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    REFS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    UNTRUSTED_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    STEP_COUNTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: _build_event_pb2.BuildState
    display_name: str
    builder: str
    driver: str
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    last_sequence: int
    result: _build_result_pb2.BuildResult
    error: _build_error_pb2.BuildError
    spec: _build_spec_pb2.BuildSpec
    refs: _containers.RepeatedScalarFieldContainer[str]
    owner: str
    attempt: int
    project: str
    untrusted: bool
    held: bool
    queued: _build_event_pb2.BuildQueued
    step_counts: StepCounts
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[_build_event_pb2.BuildState, str]] = ..., display_name: _Optional[str] = ..., builder: _Optional[str] = ..., driver: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_sequence: _Optional[int] = ..., result: _Optional[_Union[_build_result_pb2.BuildResult, _Mapping]] = ..., error: _Optional[_Union[_build_error_pb2.BuildError, _Mapping]] = ..., spec: _Optional[_Union[_build_spec_pb2.BuildSpec, _Mapping]] = ..., refs: _Optional[_Iterable[str]] = ..., owner: _Optional[str] = ..., attempt: _Optional[int] = ..., project: _Optional[str] = ..., untrusted: _Optional[bool] = ..., held: _Optional[bool] = ..., queued: _Optional[_Union[_build_event_pb2.BuildQueued, _Mapping]] = ..., step_counts: _Optional[_Union[StepCounts, _Mapping]] = ...) -> None: ...

class StepCounts(_message.Message):
    __slots__ = ("cached_count", "run_count", "failed_count")
    CACHED_COUNT_FIELD_NUMBER: _ClassVar[int]
    RUN_COUNT_FIELD_NUMBER: _ClassVar[int]
    FAILED_COUNT_FIELD_NUMBER: _ClassVar[int]
    cached_count: int
    run_count: int
    failed_count: int
    def __init__(self, cached_count: _Optional[int] = ..., run_count: _Optional[int] = ..., failed_count: _Optional[int] = ...) -> None: ...

class StartBuildRequest(_message.Message):
    __slots__ = ("request_id", "spec", "hold", "breakpoints")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    BREAKPOINTS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    spec: _build_spec_pb2.BuildSpec
    hold: BuildHold
    breakpoints: _containers.RepeatedCompositeFieldContainer[Breakpoint]
    def __init__(self, request_id: _Optional[str] = ..., spec: _Optional[_Union[_build_spec_pb2.BuildSpec, _Mapping]] = ..., hold: _Optional[_Union[BuildHold, str]] = ..., breakpoints: _Optional[_Iterable[_Union[Breakpoint, _Mapping]]] = ...) -> None: ...

class Breakpoint(_message.Message):
    __slots__ = ("filename", "line")
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    filename: str
    line: int
    def __init__(self, filename: _Optional[str] = ..., line: _Optional[int] = ...) -> None: ...

class StartBuildResponse(_message.Message):
    __slots__ = ("build",)
    BUILD_FIELD_NUMBER: _ClassVar[int]
    build: Build
    def __init__(self, build: _Optional[_Union[Build, _Mapping]] = ...) -> None: ...

class WatchBuildRequest(_message.Message):
    __slots__ = ("id", "from_sequence", "cancel_on_disconnect")
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ON_DISCONNECT_FIELD_NUMBER: _ClassVar[int]
    id: str
    from_sequence: int
    cancel_on_disconnect: bool
    def __init__(self, id: _Optional[str] = ..., from_sequence: _Optional[int] = ..., cancel_on_disconnect: _Optional[bool] = ...) -> None: ...

class WatchBuildResponse(_message.Message):
    __slots__ = ("event",)
    EVENT_FIELD_NUMBER: _ClassVar[int]
    event: _build_event_pb2.BuildEvent
    def __init__(self, event: _Optional[_Union[_build_event_pb2.BuildEvent, _Mapping]] = ...) -> None: ...

class GetBuildRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetBuildResponse(_message.Message):
    __slots__ = ("build",)
    BUILD_FIELD_NUMBER: _ClassVar[int]
    build: Build
    def __init__(self, build: _Optional[_Union[Build, _Mapping]] = ...) -> None: ...

class ListBuildsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "states", "builder", "project", "name", "owner")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[_build_event_pb2.BuildState]
    builder: str
    project: str
    name: str
    owner: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[_build_event_pb2.BuildState, str]]] = ..., builder: _Optional[str] = ..., project: _Optional[str] = ..., name: _Optional[str] = ..., owner: _Optional[str] = ...) -> None: ...

class ListBuildsResponse(_message.Message):
    __slots__ = ("builds", "next_page_token")
    BUILDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    builds: _containers.RepeatedCompositeFieldContainer[Build]
    next_page_token: str
    def __init__(self, builds: _Optional[_Iterable[_Union[Build, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelBuildRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CancelBuildResponse(_message.Message):
    __slots__ = ("build",)
    BUILD_FIELD_NUMBER: _ClassVar[int]
    build: Build
    def __init__(self, build: _Optional[_Union[Build, _Mapping]] = ...) -> None: ...

class ReadOutputRequest(_message.Message):
    __slots__ = ("id", "output")
    ID_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    id: str
    output: int
    def __init__(self, id: _Optional[str] = ..., output: _Optional[int] = ...) -> None: ...

class ReadOutputResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
