from slipway.common.v1 import capability_pb2 as _capability_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHECK_OUTCOME_UNSPECIFIED: _ClassVar[CheckOutcome]
    CHECK_OUTCOME_OK: _ClassVar[CheckOutcome]
    CHECK_OUTCOME_WARNING: _ClassVar[CheckOutcome]
    CHECK_OUTCOME_PROBLEM: _ClassVar[CheckOutcome]
    CHECK_OUTCOME_SKIPPED: _ClassVar[CheckOutcome]
CHECK_OUTCOME_UNSPECIFIED: CheckOutcome
CHECK_OUTCOME_OK: CheckOutcome
CHECK_OUTCOME_WARNING: CheckOutcome
CHECK_OUTCOME_PROBLEM: CheckOutcome
CHECK_OUTCOME_SKIPPED: CheckOutcome

class NegotiateRequest(_message.Message):
    __slots__ = ("client", "capabilities", "required_capabilities")
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    client: _capability_pb2.Peer
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    required_capabilities: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, client: _Optional[_Union[_capability_pb2.Peer, _Mapping]] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ..., required_capabilities: _Optional[_Iterable[str]] = ...) -> None: ...

class NegotiateResponse(_message.Message):
    __slots__ = ("host", "capabilities", "limits", "environment", "principal")
    HOST_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    host: _capability_pb2.Peer
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    limits: HostLimits
    environment: EnvironmentSettings
    principal: str
    def __init__(self, host: _Optional[_Union[_capability_pb2.Peer, _Mapping]] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ..., limits: _Optional[_Union[HostLimits, _Mapping]] = ..., environment: _Optional[_Union[EnvironmentSettings, _Mapping]] = ..., principal: _Optional[str] = ...) -> None: ...

class EnvironmentSettings(_message.Message):
    __slots__ = ("variables",)
    VARIABLES_FIELD_NUMBER: _ClassVar[int]
    variables: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, variables: _Optional[_Iterable[str]] = ...) -> None: ...

class HostLimits(_message.Message):
    __slots__ = ("max_message_bytes", "max_secret_bytes", "max_chunk_bytes", "max_running_builds", "max_upload_bytes", "max_build_log_bytes")
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_SECRET_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNNING_BUILDS_FIELD_NUMBER: _ClassVar[int]
    MAX_UPLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_BUILD_LOG_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    max_secret_bytes: int
    max_chunk_bytes: int
    max_running_builds: int
    max_upload_bytes: int
    max_build_log_bytes: int
    def __init__(self, max_message_bytes: _Optional[int] = ..., max_secret_bytes: _Optional[int] = ..., max_chunk_bytes: _Optional[int] = ..., max_running_builds: _Optional[int] = ..., max_upload_bytes: _Optional[int] = ..., max_build_log_bytes: _Optional[int] = ...) -> None: ...

class DiagnoseRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DiagnoseResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[CheckResult]
    def __init__(self, results: _Optional[_Iterable[_Union[CheckResult, _Mapping]]] = ...) -> None: ...

class CheckResult(_message.Message):
    __slots__ = ("check", "outcome", "message", "remedy", "reason")
    CHECK_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    check: str
    outcome: CheckOutcome
    message: str
    remedy: str
    reason: str
    def __init__(self, check: _Optional[str] = ..., outcome: _Optional[_Union[CheckOutcome, str]] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ShutdownRequest(_message.Message):
    __slots__ = ("force",)
    FORCE_FIELD_NUMBER: _ClassVar[int]
    force: bool
    def __init__(self, force: _Optional[bool] = ...) -> None: ...

class ShutdownResponse(_message.Message):
    __slots__ = ("running_build_count",)
    RUNNING_BUILD_COUNT_FIELD_NUMBER: _ClassVar[int]
    running_build_count: int
    def __init__(self, running_build_count: _Optional[int] = ...) -> None: ...
