from slipway.build.v1 import build_spec_pb2 as _build_spec_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EvaluateRequest(_message.Message):
    __slots__ = ("policies", "build", "source")
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    policies: _containers.RepeatedCompositeFieldContainer[_build_spec_pb2.Policy]
    build: BuildFacts
    source: Source
    def __init__(self, policies: _Optional[_Iterable[_Union[_build_spec_pb2.Policy, _Mapping]]] = ..., build: _Optional[_Union[BuildFacts, _Mapping]] = ..., source: _Optional[_Union[Source, _Mapping]] = ...) -> None: ...

class BuildFacts(_message.Message):
    __slots__ = ("args", "labels", "dockerfile", "target")
    class ArgsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ARGS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    DOCKERFILE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    args: _containers.ScalarMap[str, str]
    labels: _containers.ScalarMap[str, str]
    dockerfile: str
    target: str
    def __init__(self, args: _Optional[_Mapping[str, str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., dockerfile: _Optional[str] = ..., target: _Optional[str] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("identifier", "attributes", "platform", "metadata")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    attributes: _containers.ScalarMap[str, str]
    platform: str
    metadata: bytes
    def __init__(self, identifier: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., platform: _Optional[str] = ..., metadata: _Optional[bytes] = ...) -> None: ...

class EvaluateResponse(_message.Message):
    __slots__ = ("decision", "metadata_request")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    METADATA_REQUEST_FIELD_NUMBER: _ClassVar[int]
    decision: Decision
    metadata_request: bytes
    def __init__(self, decision: _Optional[_Union[Decision, _Mapping]] = ..., metadata_request: _Optional[bytes] = ...) -> None: ...

class Decision(_message.Message):
    __slots__ = ("allowed", "messages", "replacement")
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    REPLACEMENT_FIELD_NUMBER: _ClassVar[int]
    allowed: bool
    messages: _containers.RepeatedScalarFieldContainer[str]
    replacement: Source
    def __init__(self, allowed: _Optional[bool] = ..., messages: _Optional[_Iterable[str]] = ..., replacement: _Optional[_Union[Source, _Mapping]] = ...) -> None: ...
