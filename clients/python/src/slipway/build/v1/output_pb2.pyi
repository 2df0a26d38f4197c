from slipway.build.v1 import image_format_pb2 as _image_format_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LocalMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOCAL_MODE_UNSPECIFIED: _ClassVar[LocalMode]
    LOCAL_MODE_COPY: _ClassVar[LocalMode]
    LOCAL_MODE_DELETE: _ClassVar[LocalMode]
LOCAL_MODE_UNSPECIFIED: LocalMode
LOCAL_MODE_COPY: LocalMode
LOCAL_MODE_DELETE: LocalMode

class Output(_message.Message):
    __slots__ = ("type", "attributes", "path", "stream", "image_store", "image", "oci", "docker", "tar", "local", "cache_only")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    IMAGE_STORE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    OCI_FIELD_NUMBER: _ClassVar[int]
    DOCKER_FIELD_NUMBER: _ClassVar[int]
    TAR_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    CACHE_ONLY_FIELD_NUMBER: _ClassVar[int]
    type: str
    attributes: _containers.ScalarMap[str, str]
    path: str
    stream: StreamedOutput
    image_store: ImageStoreTarget
    image: ImageOutput
    oci: OciOutput
    docker: DockerOutput
    tar: TarOutput
    local: LocalOutput
    cache_only: CacheOnlyOutput
    def __init__(self, type: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., path: _Optional[str] = ..., stream: _Optional[_Union[StreamedOutput, _Mapping]] = ..., image_store: _Optional[_Union[ImageStoreTarget, _Mapping]] = ..., image: _Optional[_Union[ImageOutput, _Mapping]] = ..., oci: _Optional[_Union[OciOutput, _Mapping]] = ..., docker: _Optional[_Union[DockerOutput, _Mapping]] = ..., tar: _Optional[_Union[TarOutput, _Mapping]] = ..., local: _Optional[_Union[LocalOutput, _Mapping]] = ..., cache_only: _Optional[_Union[CacheOnlyOutput, _Mapping]] = ...) -> None: ...

class ImageOutput(_message.Message):
    __slots__ = ("push", "push_by_digest", "names", "insecure", "format")
    PUSH_FIELD_NUMBER: _ClassVar[int]
    PUSH_BY_DIGEST_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    INSECURE_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    push: bool
    push_by_digest: bool
    names: _containers.RepeatedScalarFieldContainer[str]
    insecure: bool
    format: _image_format_pb2.ImageFormat
    def __init__(self, push: _Optional[bool] = ..., push_by_digest: _Optional[bool] = ..., names: _Optional[_Iterable[str]] = ..., insecure: _Optional[bool] = ..., format: _Optional[_Union[_image_format_pb2.ImageFormat, _Mapping]] = ...) -> None: ...

class OciOutput(_message.Message):
    __slots__ = ("tar", "format")
    TAR_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    tar: bool
    format: _image_format_pb2.ImageFormat
    def __init__(self, tar: _Optional[bool] = ..., format: _Optional[_Union[_image_format_pb2.ImageFormat, _Mapping]] = ...) -> None: ...

class DockerOutput(_message.Message):
    __slots__ = ("tar", "format")
    TAR_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    tar: bool
    format: _image_format_pb2.ImageFormat
    def __init__(self, tar: _Optional[bool] = ..., format: _Optional[_Union[_image_format_pb2.ImageFormat, _Mapping]] = ...) -> None: ...

class TarOutput(_message.Message):
    __slots__ = ("platform_split",)
    PLATFORM_SPLIT_FIELD_NUMBER: _ClassVar[int]
    platform_split: bool
    def __init__(self, platform_split: _Optional[bool] = ...) -> None: ...

class LocalOutput(_message.Message):
    __slots__ = ("mode", "platform_split")
    MODE_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_SPLIT_FIELD_NUMBER: _ClassVar[int]
    mode: LocalMode
    platform_split: bool
    def __init__(self, mode: _Optional[_Union[LocalMode, str]] = ..., platform_split: _Optional[bool] = ...) -> None: ...

class CacheOnlyOutput(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StreamedOutput(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ImageStoreTarget(_message.Message):
    __slots__ = ("driver", "endpoint")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    driver: str
    endpoint: str
    def __init__(self, driver: _Optional[str] = ..., endpoint: _Optional[str] = ...) -> None: ...
