import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.build.v1 import build_error_pb2 as _build_error_pb2
from slipway.build.v1 import build_progress_pb2 as _build_progress_pb2
from slipway.build.v1 import build_result_pb2 as _build_result_pb2
from slipway.build.v1 import source_pb2 as _source_pb2
from slipway.common.v1 import diagnostic_pb2 as _diagnostic_pb2
from slipway.common.v1 import progress_pb2 as _progress_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueueReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUEUE_REASON_UNSPECIFIED: _ClassVar[QueueReason]
    QUEUE_REASON_HOST: _ClassVar[QueueReason]
    QUEUE_REASON_PROJECT: _ClassVar[QueueReason]
    QUEUE_REASON_BUILDER: _ClassVar[QueueReason]

class BuildState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUILD_STATE_UNSPECIFIED: _ClassVar[BuildState]
    BUILD_STATE_PENDING: _ClassVar[BuildState]
    BUILD_STATE_RUNNING: _ClassVar[BuildState]
    BUILD_STATE_SUCCEEDED: _ClassVar[BuildState]
    BUILD_STATE_FAILED: _ClassVar[BuildState]
    BUILD_STATE_CANCELED: _ClassVar[BuildState]
    BUILD_STATE_QUEUED: _ClassVar[BuildState]

class HoldReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOLD_REASON_UNSPECIFIED: _ClassVar[HoldReason]
    HOLD_REASON_ERROR: _ClassVar[HoldReason]
    HOLD_REASON_STEP: _ClassVar[HoldReason]
    HOLD_REASON_BREAKPOINT: _ClassVar[HoldReason]
    HOLD_REASON_END: _ClassVar[HoldReason]
QUEUE_REASON_UNSPECIFIED: QueueReason
QUEUE_REASON_HOST: QueueReason
QUEUE_REASON_PROJECT: QueueReason
QUEUE_REASON_BUILDER: QueueReason
BUILD_STATE_UNSPECIFIED: BuildState
BUILD_STATE_PENDING: BuildState
BUILD_STATE_RUNNING: BuildState
BUILD_STATE_SUCCEEDED: BuildState
BUILD_STATE_FAILED: BuildState
BUILD_STATE_CANCELED: BuildState
BUILD_STATE_QUEUED: BuildState
HOLD_REASON_UNSPECIFIED: HoldReason
HOLD_REASON_ERROR: HoldReason
HOLD_REASON_STEP: HoldReason
HOLD_REASON_BREAKPOINT: HoldReason
HOLD_REASON_END: HoldReason

class BuildEvent(_message.Message):
    __slots__ = ("sequence", "time", "accepted", "bootstrap", "started", "progress", "warning", "output_ready", "finished", "draining", "queued", "assigned", "restarted", "held", "resumed")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_READY_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    ASSIGNED_FIELD_NUMBER: _ClassVar[int]
    RESTARTED_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    accepted: BuildAccepted
    bootstrap: NodeBootstrap
    started: BuildStarted
    progress: _build_progress_pb2.BuildProgress
    warning: _diagnostic_pb2.Diagnostic
    output_ready: OutputReady
    finished: BuildFinished
    draining: NodeDraining
    queued: BuildQueued
    assigned: BuildAssigned
    restarted: BuildRestarted
    held: BuildHeld
    resumed: BuildResumed
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., accepted: _Optional[_Union[BuildAccepted, _Mapping]] = ..., bootstrap: _Optional[_Union[NodeBootstrap, _Mapping]] = ..., started: _Optional[_Union[BuildStarted, _Mapping]] = ..., progress: _Optional[_Union[_build_progress_pb2.BuildProgress, _Mapping]] = ..., warning: _Optional[_Union[_diagnostic_pb2.Diagnostic, _Mapping]] = ..., output_ready: _Optional[_Union[OutputReady, _Mapping]] = ..., finished: _Optional[_Union[BuildFinished, _Mapping]] = ..., draining: _Optional[_Union[NodeDraining, _Mapping]] = ..., queued: _Optional[_Union[BuildQueued, _Mapping]] = ..., assigned: _Optional[_Union[BuildAssigned, _Mapping]] = ..., restarted: _Optional[_Union[BuildRestarted, _Mapping]] = ..., held: _Optional[_Union[BuildHeld, _Mapping]] = ..., resumed: _Optional[_Union[BuildResumed, _Mapping]] = ...) -> None: ...

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
    progress: _progress_pb2.Progress
    def __init__(self, node: _Optional[str] = ..., progress: _Optional[_Union[_progress_pb2.Progress, _Mapping]] = ...) -> None: ...

class BuildStarted(_message.Message):
    __slots__ = ("node", "ref", "platforms")
    NODE_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    node: str
    ref: str
    platforms: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, node: _Optional[str] = ..., ref: _Optional[str] = ..., platforms: _Optional[_Iterable[str]] = ...) -> None: ...

class NodeDraining(_message.Message):
    __slots__ = ("node", "reason", "message", "end_time")
    NODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    node: str
    reason: str
    message: str
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, node: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BuildQueued(_message.Message):
    __slots__ = ("place", "reason", "message")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    place: int
    reason: QueueReason
    message: str
    def __init__(self, place: _Optional[int] = ..., reason: _Optional[_Union[QueueReason, str]] = ..., message: _Optional[str] = ...) -> None: ...

class BuildAssigned(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BuildRestarted(_message.Message):
    __slots__ = ("attempt", "reason", "message")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    reason: str
    message: str
    def __init__(self, attempt: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

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
    result: _build_result_pb2.BuildResult
    error: _build_error_pb2.BuildError
    def __init__(self, state: _Optional[_Union[BuildState, str]] = ..., result: _Optional[_Union[_build_result_pb2.BuildResult, _Mapping]] = ..., error: _Optional[_Union[_build_error_pb2.BuildError, _Mapping]] = ...) -> None: ...

class BuildHeld(_message.Message):
    __slots__ = ("error", "platform", "reason", "stack")
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STACK_FIELD_NUMBER: _ClassVar[int]
    error: _build_error_pb2.BuildError
    platform: str
    reason: HoldReason
    stack: _containers.RepeatedCompositeFieldContainer[HeldStep]
    def __init__(self, error: _Optional[_Union[_build_error_pb2.BuildError, _Mapping]] = ..., platform: _Optional[str] = ..., reason: _Optional[_Union[HoldReason, str]] = ..., stack: _Optional[_Iterable[_Union[HeldStep, _Mapping]]] = ...) -> None: ...

class HeldStep(_message.Message):
    __slots__ = ("vertex", "name", "source", "is_done")
    VERTEX_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    IS_DONE_FIELD_NUMBER: _ClassVar[int]
    vertex: str
    name: str
    source: _source_pb2.SourceLocation
    is_done: bool
    def __init__(self, vertex: _Optional[str] = ..., name: _Optional[str] = ..., source: _Optional[_Union[_source_pb2.SourceLocation, _Mapping]] = ..., is_done: _Optional[bool] = ...) -> None: ...

class BuildResumed(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
