from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuildResult(_message.Message):
    __slots__ = ("image_digest", "config_digest", "image_names", "exporter_response", "call", "cache_only", "provenance", "nodes", "image_id")
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
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    image_digest: str
    config_digest: str
    image_names: _containers.RepeatedScalarFieldContainer[str]
    exporter_response: _containers.ScalarMap[str, str]
    call: CallResult
    cache_only: bool
    provenance: _containers.RepeatedCompositeFieldContainer[Provenance]
    nodes: _containers.RepeatedCompositeFieldContainer[NodeResult]
    image_id: str
    def __init__(self, image_digest: _Optional[str] = ..., config_digest: _Optional[str] = ..., image_names: _Optional[_Iterable[str]] = ..., exporter_response: _Optional[_Mapping[str, str]] = ..., call: _Optional[_Union[CallResult, _Mapping]] = ..., cache_only: _Optional[bool] = ..., provenance: _Optional[_Iterable[_Union[Provenance, _Mapping]]] = ..., nodes: _Optional[_Iterable[_Union[NodeResult, _Mapping]]] = ..., image_id: _Optional[str] = ...) -> None: ...

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
