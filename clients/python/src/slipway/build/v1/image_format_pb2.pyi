from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Compression(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPRESSION_UNSPECIFIED: _ClassVar[Compression]
    COMPRESSION_UNCOMPRESSED: _ClassVar[Compression]
    COMPRESSION_GZIP: _ClassVar[Compression]
    COMPRESSION_ESTARGZ: _ClassVar[Compression]
    COMPRESSION_ZSTD: _ClassVar[Compression]
COMPRESSION_UNSPECIFIED: Compression
COMPRESSION_UNCOMPRESSED: Compression
COMPRESSION_GZIP: Compression
COMPRESSION_ESTARGZ: Compression
COMPRESSION_ZSTD: Compression

class ImageFormat(_message.Message):
    __slots__ = ("compression", "compression_level", "force_compression", "oci_media_types")
    COMPRESSION_FIELD_NUMBER: _ClassVar[int]
    COMPRESSION_LEVEL_FIELD_NUMBER: _ClassVar[int]
    FORCE_COMPRESSION_FIELD_NUMBER: _ClassVar[int]
    OCI_MEDIA_TYPES_FIELD_NUMBER: _ClassVar[int]
    compression: Compression
    compression_level: int
    force_compression: bool
    oci_media_types: bool
    def __init__(self, compression: _Optional[_Union[Compression, str]] = ..., compression_level: _Optional[int] = ..., force_compression: _Optional[bool] = ..., oci_media_types: _Optional[bool] = ...) -> None: ...
