import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.build.v1 import build_progress_pb2 as _build_progress_pb2
from slipway.build.v1 import source_pb2 as _source_pb2
from slipway.v1 import build_pb2 as _build_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContinueTo(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTINUE_TO_UNSPECIFIED: _ClassVar[ContinueTo]
    CONTINUE_TO_NEXT: _ClassVar[ContinueTo]
    CONTINUE_TO_IN: _ClassVar[ContinueTo]
    CONTINUE_TO_OUT: _ClassVar[ContinueTo]
CONTINUE_TO_UNSPECIFIED: ContinueTo
CONTINUE_TO_NEXT: ContinueTo
CONTINUE_TO_IN: ContinueTo
CONTINUE_TO_OUT: ContinueTo

class StartProcessRequest(_message.Message):
    __slots__ = ("id", "args", "environment", "user", "working_directory", "terminal", "beside", "before_step", "input")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    WORKING_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_FIELD_NUMBER: _ClassVar[int]
    BESIDE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_STEP_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    id: str
    args: _containers.RepeatedScalarFieldContainer[str]
    environment: _containers.ScalarMap[str, str]
    user: str
    working_directory: str
    terminal: TerminalSize
    beside: str
    before_step: bool
    input: bool
    def __init__(self, id: _Optional[str] = ..., args: _Optional[_Iterable[str]] = ..., environment: _Optional[_Mapping[str, str]] = ..., user: _Optional[str] = ..., working_directory: _Optional[str] = ..., terminal: _Optional[_Union[TerminalSize, _Mapping]] = ..., beside: _Optional[str] = ..., before_step: _Optional[bool] = ..., input: _Optional[bool] = ...) -> None: ...

class TerminalSize(_message.Message):
    __slots__ = ("rows", "columns")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    rows: int
    columns: int
    def __init__(self, rows: _Optional[int] = ..., columns: _Optional[int] = ...) -> None: ...

class StartProcessResponse(_message.Message):
    __slots__ = ("started", "output", "exited")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    EXITED_FIELD_NUMBER: _ClassVar[int]
    started: ProcessStarted
    output: ProcessOutput
    exited: ProcessExited
    def __init__(self, started: _Optional[_Union[ProcessStarted, _Mapping]] = ..., output: _Optional[_Union[ProcessOutput, _Mapping]] = ..., exited: _Optional[_Union[ProcessExited, _Mapping]] = ...) -> None: ...

class ProcessStarted(_message.Message):
    __slots__ = ("process_id",)
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    process_id: str
    def __init__(self, process_id: _Optional[str] = ...) -> None: ...

class ProcessOutput(_message.Message):
    __slots__ = ("stream", "data")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    stream: _build_progress_pb2.LogStream
    data: bytes
    def __init__(self, stream: _Optional[_Union[_build_progress_pb2.LogStream, str]] = ..., data: _Optional[bytes] = ...) -> None: ...

class ProcessExited(_message.Message):
    __slots__ = ("exit_code", "error")
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    exit_code: int
    error: str
    def __init__(self, exit_code: _Optional[int] = ..., error: _Optional[str] = ...) -> None: ...

class WriteInputRequest(_message.Message):
    __slots__ = ("id", "process_id", "data", "end")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    id: str
    process_id: str
    data: bytes
    end: bool
    def __init__(self, id: _Optional[str] = ..., process_id: _Optional[str] = ..., data: _Optional[bytes] = ..., end: _Optional[bool] = ...) -> None: ...

class WriteInputResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResizeTerminalRequest(_message.Message):
    __slots__ = ("id", "process_id", "size")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    id: str
    process_id: str
    size: TerminalSize
    def __init__(self, id: _Optional[str] = ..., process_id: _Optional[str] = ..., size: _Optional[_Union[TerminalSize, _Mapping]] = ...) -> None: ...

class ResizeTerminalResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SignalProcessRequest(_message.Message):
    __slots__ = ("id", "process_id", "signal")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    id: str
    process_id: str
    signal: str
    def __init__(self, id: _Optional[str] = ..., process_id: _Optional[str] = ..., signal: _Optional[str] = ...) -> None: ...

class SignalProcessResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ContinueBuildRequest(_message.Message):
    __slots__ = ("id", "to")
    ID_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    id: str
    to: ContinueTo
    def __init__(self, id: _Optional[str] = ..., to: _Optional[_Union[ContinueTo, str]] = ...) -> None: ...

class ContinueBuildResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetBreakpointsRequest(_message.Message):
    __slots__ = ("id", "breakpoints")
    ID_FIELD_NUMBER: _ClassVar[int]
    BREAKPOINTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    breakpoints: _containers.RepeatedCompositeFieldContainer[_build_pb2.Breakpoint]
    def __init__(self, id: _Optional[str] = ..., breakpoints: _Optional[_Iterable[_Union[_build_pb2.Breakpoint, _Mapping]]] = ...) -> None: ...

class SetBreakpointsResponse(_message.Message):
    __slots__ = ("is_resolved", "places")
    IS_RESOLVED_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    is_resolved: bool
    places: _containers.RepeatedCompositeFieldContainer[BreakpointPlace]
    def __init__(self, is_resolved: _Optional[bool] = ..., places: _Optional[_Iterable[_Union[BreakpointPlace, _Mapping]]] = ...) -> None: ...

class BreakpointPlace(_message.Message):
    __slots__ = ("range",)
    RANGE_FIELD_NUMBER: _ClassVar[int]
    range: _source_pb2.SourceRange
    def __init__(self, range: _Optional[_Union[_source_pb2.SourceRange, _Mapping]] = ...) -> None: ...

class InspectStepRequest(_message.Message):
    __slots__ = ("id", "frame")
    ID_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    frame: int
    def __init__(self, id: _Optional[str] = ..., frame: _Optional[int] = ...) -> None: ...

class InspectStepResponse(_message.Message):
    __slots__ = ("args", "environment", "user", "working_directory", "platform", "trees", "source")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ARGS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    WORKING_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    TREES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    args: _containers.RepeatedScalarFieldContainer[str]
    environment: _containers.ScalarMap[str, str]
    user: str
    working_directory: str
    platform: str
    trees: _containers.RepeatedScalarFieldContainer[str]
    source: _source_pb2.SourceLocation
    def __init__(self, args: _Optional[_Iterable[str]] = ..., environment: _Optional[_Mapping[str, str]] = ..., user: _Optional[str] = ..., working_directory: _Optional[str] = ..., platform: _Optional[str] = ..., trees: _Optional[_Iterable[str]] = ..., source: _Optional[_Union[_source_pb2.SourceLocation, _Mapping]] = ...) -> None: ...

class ListFilesRequest(_message.Message):
    __slots__ = ("id", "tree", "path")
    ID_FIELD_NUMBER: _ClassVar[int]
    TREE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    id: str
    tree: str
    path: str
    def __init__(self, id: _Optional[str] = ..., tree: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class ListFilesResponse(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[HeldFile]
    def __init__(self, files: _Optional[_Iterable[_Union[HeldFile, _Mapping]]] = ...) -> None: ...

class HeldFile(_message.Message):
    __slots__ = ("name", "mode", "uid", "gid", "size", "modification_time", "link_target")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    GID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    MODIFICATION_TIME_FIELD_NUMBER: _ClassVar[int]
    LINK_TARGET_FIELD_NUMBER: _ClassVar[int]
    name: str
    mode: int
    uid: int
    gid: int
    size: int
    modification_time: _timestamp_pb2.Timestamp
    link_target: str
    def __init__(self, name: _Optional[str] = ..., mode: _Optional[int] = ..., uid: _Optional[int] = ..., gid: _Optional[int] = ..., size: _Optional[int] = ..., modification_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., link_target: _Optional[str] = ...) -> None: ...

class ReadFileRequest(_message.Message):
    __slots__ = ("id", "tree", "path", "offset", "length")
    ID_FIELD_NUMBER: _ClassVar[int]
    TREE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    id: str
    tree: str
    path: str
    offset: int
    length: int
    def __init__(self, id: _Optional[str] = ..., tree: _Optional[str] = ..., path: _Optional[str] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class ReadFileResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
