from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProvenanceMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROVENANCE_MODE_UNSPECIFIED: _ClassVar[ProvenanceMode]
    PROVENANCE_MODE_MIN: _ClassVar[ProvenanceMode]
    PROVENANCE_MODE_MAX: _ClassVar[ProvenanceMode]
PROVENANCE_MODE_UNSPECIFIED: ProvenanceMode
PROVENANCE_MODE_MIN: ProvenanceMode
PROVENANCE_MODE_MAX: ProvenanceMode

class ProvenanceAttestation(_message.Message):
    __slots__ = ("mode", "version", "builder_id", "inline_only", "disabled")
    MODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BUILDER_ID_FIELD_NUMBER: _ClassVar[int]
    INLINE_ONLY_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    mode: ProvenanceMode
    version: str
    builder_id: str
    inline_only: bool
    disabled: bool
    def __init__(self, mode: _Optional[_Union[ProvenanceMode, str]] = ..., version: _Optional[str] = ..., builder_id: _Optional[str] = ..., inline_only: _Optional[bool] = ..., disabled: _Optional[bool] = ...) -> None: ...

class SbomAttestation(_message.Message):
    __slots__ = ("generator", "disabled")
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    generator: str
    disabled: bool
    def __init__(self, generator: _Optional[str] = ..., disabled: _Optional[bool] = ...) -> None: ...
