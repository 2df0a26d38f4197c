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

class Resolved(_message.Message):
    __slots__ = ("request", "response")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    request: bytes
    response: bytes
    def __init__(self, request: _Optional[bytes] = ..., response: _Optional[bytes] = ...) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ("source", "fields", "resolved")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_FIELD_NUMBER: _ClassVar[int]
    source: Source
    fields: _containers.RepeatedScalarFieldContainer[str]
    resolved: _containers.RepeatedCompositeFieldContainer[Resolved]
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ..., fields: _Optional[_Iterable[str]] = ..., resolved: _Optional[_Iterable[_Union[Resolved, _Mapping]]] = ...) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("description", "metadata_request")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    METADATA_REQUEST_FIELD_NUMBER: _ClassVar[int]
    description: Description
    metadata_request: bytes
    def __init__(self, description: _Optional[_Union[Description, _Mapping]] = ..., metadata_request: _Optional[bytes] = ...) -> None: ...

class Description(_message.Message):
    __slots__ = ("input", "unresolved_fields", "invalid_fields")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    UNRESOLVED_FIELDS_FIELD_NUMBER: _ClassVar[int]
    INVALID_FIELDS_FIELD_NUMBER: _ClassVar[int]
    input: str
    unresolved_fields: _containers.RepeatedScalarFieldContainer[str]
    invalid_fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, input: _Optional[str] = ..., unresolved_fields: _Optional[_Iterable[str]] = ..., invalid_fields: _Optional[_Iterable[str]] = ...) -> None: ...

class TestRequest(_message.Message):
    __slots__ = ("policy", "tests", "run", "platform", "resolved")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    TESTS_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_FIELD_NUMBER: _ClassVar[int]
    policy: _build_spec_pb2.Policy
    tests: _containers.RepeatedCompositeFieldContainer[_build_spec_pb2.PolicyFile]
    run: str
    platform: str
    resolved: _containers.RepeatedCompositeFieldContainer[Resolved]
    def __init__(self, policy: _Optional[_Union[_build_spec_pb2.Policy, _Mapping]] = ..., tests: _Optional[_Iterable[_Union[_build_spec_pb2.PolicyFile, _Mapping]]] = ..., run: _Optional[str] = ..., platform: _Optional[str] = ..., resolved: _Optional[_Iterable[_Union[Resolved, _Mapping]]] = ...) -> None: ...

class TestResponse(_message.Message):
    __slots__ = ("results", "metadata_request", "platform_request")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    METADATA_REQUEST_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_REQUEST_FIELD_NUMBER: _ClassVar[int]
    results: TestResults
    metadata_request: bytes
    platform_request: DefaultPlatformRequest
    def __init__(self, results: _Optional[_Union[TestResults, _Mapping]] = ..., metadata_request: _Optional[bytes] = ..., platform_request: _Optional[_Union[DefaultPlatformRequest, _Mapping]] = ...) -> None: ...

class DefaultPlatformRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TestResults(_message.Message):
    __slots__ = ("tests",)
    TESTS_FIELD_NUMBER: _ClassVar[int]
    tests: _containers.RepeatedCompositeFieldContainer[TestResult]
    def __init__(self, tests: _Optional[_Iterable[_Union[TestResult, _Mapping]]] = ...) -> None: ...

class TestResult(_message.Message):
    __slots__ = ("name", "passed", "allowed", "messages", "input", "decision", "missing_fields", "needed_metadata")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELDS_FIELD_NUMBER: _ClassVar[int]
    NEEDED_METADATA_FIELD_NUMBER: _ClassVar[int]
    name: str
    passed: bool
    allowed: bool
    messages: _containers.RepeatedScalarFieldContainer[str]
    input: str
    decision: str
    missing_fields: _containers.RepeatedScalarFieldContainer[str]
    needed_metadata: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., passed: _Optional[bool] = ..., allowed: _Optional[bool] = ..., messages: _Optional[_Iterable[str]] = ..., input: _Optional[str] = ..., decision: _Optional[str] = ..., missing_fields: _Optional[_Iterable[str]] = ..., needed_metadata: _Optional[_Iterable[str]] = ...) -> None: ...
