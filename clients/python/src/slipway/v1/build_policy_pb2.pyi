from slipway.build.v1 import build_spec_pb2 as _build_spec_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PolicyLookup(_message.Message):
    __slots__ = ("builder", "platform", "registry_auth", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    builder: str
    platform: str
    registry_auth: _build_spec_pb2.RegistryAuth
    environment: _containers.ScalarMap[str, str]
    def __init__(self, builder: _Optional[str] = ..., platform: _Optional[str] = ..., registry_auth: _Optional[_Union[_build_spec_pb2.RegistryAuth, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class EvaluatePolicyRequest(_message.Message):
    __slots__ = ("lookup", "source", "policies", "dockerfile")
    LOOKUP_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    DOCKERFILE_FIELD_NUMBER: _ClassVar[int]
    lookup: PolicyLookup
    source: str
    policies: _containers.RepeatedCompositeFieldContainer[_build_spec_pb2.Policy]
    dockerfile: str
    def __init__(self, lookup: _Optional[_Union[PolicyLookup, _Mapping]] = ..., source: _Optional[str] = ..., policies: _Optional[_Iterable[_Union[_build_spec_pb2.Policy, _Mapping]]] = ..., dockerfile: _Optional[str] = ...) -> None: ...

class EvaluatePolicyResponse(_message.Message):
    __slots__ = ("allowed", "messages", "replacement")
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    REPLACEMENT_FIELD_NUMBER: _ClassVar[int]
    allowed: bool
    messages: _containers.RepeatedScalarFieldContainer[str]
    replacement: str
    def __init__(self, allowed: _Optional[bool] = ..., messages: _Optional[_Iterable[str]] = ..., replacement: _Optional[str] = ...) -> None: ...

class DescribeSourceRequest(_message.Message):
    __slots__ = ("lookup", "source", "fields", "language")
    LOOKUP_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    lookup: PolicyLookup
    source: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    language: str
    def __init__(self, lookup: _Optional[_Union[PolicyLookup, _Mapping]] = ..., source: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ...) -> None: ...

class DescribeSourceResponse(_message.Message):
    __slots__ = ("input", "unresolved_fields", "invalid_fields")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    UNRESOLVED_FIELDS_FIELD_NUMBER: _ClassVar[int]
    INVALID_FIELDS_FIELD_NUMBER: _ClassVar[int]
    input: str
    unresolved_fields: _containers.RepeatedScalarFieldContainer[str]
    invalid_fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, input: _Optional[str] = ..., unresolved_fields: _Optional[_Iterable[str]] = ..., invalid_fields: _Optional[_Iterable[str]] = ...) -> None: ...

class TestPolicyRequest(_message.Message):
    __slots__ = ("lookup", "policy", "tests", "run")
    LOOKUP_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    TESTS_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    lookup: PolicyLookup
    policy: _build_spec_pb2.Policy
    tests: _containers.RepeatedCompositeFieldContainer[_build_spec_pb2.PolicyFile]
    run: str
    def __init__(self, lookup: _Optional[_Union[PolicyLookup, _Mapping]] = ..., policy: _Optional[_Union[_build_spec_pb2.Policy, _Mapping]] = ..., tests: _Optional[_Iterable[_Union[_build_spec_pb2.PolicyFile, _Mapping]]] = ..., run: _Optional[str] = ...) -> None: ...

class TestPolicyResponse(_message.Message):
    __slots__ = ("tests",)
    TESTS_FIELD_NUMBER: _ClassVar[int]
    tests: _containers.RepeatedCompositeFieldContainer[PolicyTestResult]
    def __init__(self, tests: _Optional[_Iterable[_Union[PolicyTestResult, _Mapping]]] = ...) -> None: ...

class PolicyTestResult(_message.Message):
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
