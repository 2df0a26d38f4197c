from slipway.build.v1 import build_error_pb2 as _build_error_pb2
from slipway.build.v1 import build_progress_pb2 as _build_progress_pb2
from slipway.build.v1 import build_result_pb2 as _build_result_pb2
from slipway.build.v1 import build_spec_pb2 as _build_spec_pb2
from slipway.common.v1 import credential_pb2 as _credential_pb2
from slipway.common.v1 import diagnostic_pb2 as _diagnostic_pb2
from slipway.driver.v1 import node_pb2 as _node_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckBuildRequest(_message.Message):
    __slots__ = ("driver", "config", "spec")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    spec: _build_spec_pb2.BuildSpec
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., spec: _Optional[_Union[_build_spec_pb2.BuildSpec, _Mapping]] = ...) -> None: ...

class CheckBuildResponse(_message.Message):
    __slots__ = ("diagnostics",)
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, diagnostics: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class BuildRequest(_message.Message):
    __slots__ = ("start", "context", "credential")
    START_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    start: BuildStart
    context: ContextData
    credential: CredentialAnswer
    def __init__(self, start: _Optional[_Union[BuildStart, _Mapping]] = ..., context: _Optional[_Union[ContextData, _Mapping]] = ..., credential: _Optional[_Union[CredentialAnswer, _Mapping]] = ...) -> None: ...

class BuildStart(_message.Message):
    __slots__ = ("driver", "config", "id", "spec")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    driver: str
    config: _node_pb2.NodeConfig
    id: str
    spec: _build_spec_pb2.BuildSpec
    def __init__(self, driver: _Optional[str] = ..., config: _Optional[_Union[_node_pb2.NodeConfig, _Mapping]] = ..., id: _Optional[str] = ..., spec: _Optional[_Union[_build_spec_pb2.BuildSpec, _Mapping]] = ...) -> None: ...

class ContextData(_message.Message):
    __slots__ = ("upload", "data", "last")
    UPLOAD_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    upload: str
    data: bytes
    last: bool
    def __init__(self, upload: _Optional[str] = ..., data: _Optional[bytes] = ..., last: _Optional[bool] = ...) -> None: ...

class CredentialAnswer(_message.Message):
    __slots__ = ("registry", "credential")
    REGISTRY_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    registry: str
    credential: _credential_pb2.RegistryCredential
    def __init__(self, registry: _Optional[str] = ..., credential: _Optional[_Union[_credential_pb2.RegistryCredential, _Mapping]] = ...) -> None: ...

class BuildResponse(_message.Message):
    __slots__ = ("progress", "warning", "credential", "output", "result", "error")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    progress: _build_progress_pb2.BuildProgress
    warning: _diagnostic_pb2.Diagnostic
    credential: CredentialRequest
    output: OutputData
    result: _build_result_pb2.BuildResult
    error: _build_error_pb2.BuildError
    def __init__(self, progress: _Optional[_Union[_build_progress_pb2.BuildProgress, _Mapping]] = ..., warning: _Optional[_Union[_diagnostic_pb2.Diagnostic, _Mapping]] = ..., credential: _Optional[_Union[CredentialRequest, _Mapping]] = ..., output: _Optional[_Union[OutputData, _Mapping]] = ..., result: _Optional[_Union[_build_result_pb2.BuildResult, _Mapping]] = ..., error: _Optional[_Union[_build_error_pb2.BuildError, _Mapping]] = ...) -> None: ...

class CredentialRequest(_message.Message):
    __slots__ = ("registry",)
    REGISTRY_FIELD_NUMBER: _ClassVar[int]
    registry: str
    def __init__(self, registry: _Optional[str] = ...) -> None: ...

class OutputData(_message.Message):
    __slots__ = ("output", "data", "last")
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    output: int
    data: bytes
    last: bool
    def __init__(self, output: _Optional[int] = ..., data: _Optional[bytes] = ..., last: _Optional[bool] = ...) -> None: ...
