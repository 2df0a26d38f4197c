from slipway.build.v1 import output_pb2 as _output_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Context(_message.Message):
    __slots__ = ("path", "upload", "url", "image", "oci_layout", "empty", "stored_image", "target")
    PATH_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    OCI_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    EMPTY_FIELD_NUMBER: _ClassVar[int]
    STORED_IMAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    path: str
    upload: str
    url: str
    image: str
    oci_layout: str
    empty: EmptyContext
    stored_image: ImageStoreSource
    target: str
    def __init__(self, path: _Optional[str] = ..., upload: _Optional[str] = ..., url: _Optional[str] = ..., image: _Optional[str] = ..., oci_layout: _Optional[str] = ..., empty: _Optional[_Union[EmptyContext, _Mapping]] = ..., stored_image: _Optional[_Union[ImageStoreSource, _Mapping]] = ..., target: _Optional[str] = ...) -> None: ...

class EmptyContext(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ImageStoreSource(_message.Message):
    __slots__ = ("store", "name")
    STORE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    store: _output_pb2.ImageStoreTarget
    name: str
    def __init__(self, store: _Optional[_Union[_output_pb2.ImageStoreTarget, _Mapping]] = ..., name: _Optional[str] = ...) -> None: ...

class Dockerfile(_message.Message):
    __slots__ = ("name", "path", "content")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    path: str
    content: bytes
    def __init__(self, name: _Optional[str] = ..., path: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...
