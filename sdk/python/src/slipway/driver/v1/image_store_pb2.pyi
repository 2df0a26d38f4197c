import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.common.v1 import credential_pb2 as _credential_pb2
from slipway.common.v1 import progress_pb2 as _progress_pb2
from slipway.driver.v1 import driver_pb2 as _driver_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImageStoreRef(_message.Message):
    __slots__ = ("driver", "endpoint", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    driver: str
    endpoint: str
    environment: _containers.ScalarMap[str, str]
    def __init__(self, driver: _Optional[str] = ..., endpoint: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class GetImageStoreRequest(_message.Message):
    __slots__ = ("store",)
    STORE_FIELD_NUMBER: _ClassVar[int]
    store: ImageStoreRef
    def __init__(self, store: _Optional[_Union[ImageStoreRef, _Mapping]] = ...) -> None: ...

class GetImageStoreResponse(_message.Message):
    __slots__ = ("oci", "description")
    OCI_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    oci: bool
    description: str
    def __init__(self, oci: _Optional[bool] = ..., description: _Optional[str] = ...) -> None: ...

class ArchiveTransfer(_message.Message):
    __slots__ = ("http", "stream")
    HTTP_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    http: HttpTransfer
    stream: StreamTransfer
    def __init__(self, http: _Optional[_Union[HttpTransfer, _Mapping]] = ..., stream: _Optional[_Union[StreamTransfer, _Mapping]] = ...) -> None: ...

class HttpTransfer(_message.Message):
    __slots__ = ("unix", "tcp", "method", "path", "headers")
    UNIX_FIELD_NUMBER: _ClassVar[int]
    TCP_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    unix: _driver_pb2.UnixEndpoint
    tcp: _driver_pb2.TcpEndpoint
    method: str
    path: str
    headers: _containers.RepeatedCompositeFieldContainer[HttpHeader]
    def __init__(self, unix: _Optional[_Union[_driver_pb2.UnixEndpoint, _Mapping]] = ..., tcp: _Optional[_Union[_driver_pb2.TcpEndpoint, _Mapping]] = ..., method: _Optional[str] = ..., path: _Optional[str] = ..., headers: _Optional[_Iterable[_Union[HttpHeader, _Mapping]]] = ...) -> None: ...

class HttpHeader(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class StreamTransfer(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HttpAnswer(_message.Message):
    __slots__ = ("status", "body", "failure")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    status: int
    body: bytes
    failure: str
    def __init__(self, status: _Optional[int] = ..., body: _Optional[bytes] = ..., failure: _Optional[str] = ...) -> None: ...

class LoadImageRequest(_message.Message):
    __slots__ = ("store", "data", "answer")
    STORE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    store: ImageStoreRef
    data: bytes
    answer: HttpAnswer
    def __init__(self, store: _Optional[_Union[ImageStoreRef, _Mapping]] = ..., data: _Optional[bytes] = ..., answer: _Optional[_Union[HttpAnswer, _Mapping]] = ...) -> None: ...

class LoadImageResponse(_message.Message):
    __slots__ = ("transfer", "progress", "loaded")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    LOADED_FIELD_NUMBER: _ClassVar[int]
    transfer: ArchiveTransfer
    progress: _progress_pb2.Progress
    loaded: LoadedImages
    def __init__(self, transfer: _Optional[_Union[ArchiveTransfer, _Mapping]] = ..., progress: _Optional[_Union[_progress_pb2.Progress, _Mapping]] = ..., loaded: _Optional[_Union[LoadedImages, _Mapping]] = ...) -> None: ...

class LoadedImages(_message.Message):
    __slots__ = ("names",)
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...

class FindLayersRequest(_message.Message):
    __slots__ = ("store", "layers")
    STORE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    store: ImageStoreRef
    layers: _containers.RepeatedCompositeFieldContainer[Layer]
    def __init__(self, store: _Optional[_Union[ImageStoreRef, _Mapping]] = ..., layers: _Optional[_Iterable[_Union[Layer, _Mapping]]] = ...) -> None: ...

class Layer(_message.Message):
    __slots__ = ("digest", "chain_id")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    digest: str
    chain_id: str
    def __init__(self, digest: _Optional[str] = ..., chain_id: _Optional[str] = ...) -> None: ...

class FindLayersResponse(_message.Message):
    __slots__ = ("layers",)
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    layers: _containers.RepeatedCompositeFieldContainer[Layer]
    def __init__(self, layers: _Optional[_Iterable[_Union[Layer, _Mapping]]] = ...) -> None: ...

class SaveImageRequest(_message.Message):
    __slots__ = ("images", "answer")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    images: SavedImages
    answer: HttpAnswer
    def __init__(self, images: _Optional[_Union[SavedImages, _Mapping]] = ..., answer: _Optional[_Union[HttpAnswer, _Mapping]] = ...) -> None: ...

class SavedImages(_message.Message):
    __slots__ = ("store", "names")
    STORE_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    store: ImageStoreRef
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, store: _Optional[_Union[ImageStoreRef, _Mapping]] = ..., names: _Optional[_Iterable[str]] = ...) -> None: ...

class SaveImageResponse(_message.Message):
    __slots__ = ("transfer", "data")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    transfer: ArchiveTransfer
    data: bytes
    def __init__(self, transfer: _Optional[_Union[ArchiveTransfer, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class PushImageRequest(_message.Message):
    __slots__ = ("store", "name", "credential")
    STORE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    store: ImageStoreRef
    name: str
    credential: _credential_pb2.RegistryCredential
    def __init__(self, store: _Optional[_Union[ImageStoreRef, _Mapping]] = ..., name: _Optional[str] = ..., credential: _Optional[_Union[_credential_pb2.RegistryCredential, _Mapping]] = ...) -> None: ...

class PushImageResponse(_message.Message):
    __slots__ = ("progress", "pushed")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    PUSHED_FIELD_NUMBER: _ClassVar[int]
    progress: _progress_pb2.Progress
    pushed: PushedImage
    def __init__(self, progress: _Optional[_Union[_progress_pb2.Progress, _Mapping]] = ..., pushed: _Optional[_Union[PushedImage, _Mapping]] = ...) -> None: ...

class PushedImage(_message.Message):
    __slots__ = ("digest",)
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    digest: str
    def __init__(self, digest: _Optional[str] = ...) -> None: ...

class ListImagesRequest(_message.Message):
    __slots__ = ("store", "name", "page_size", "page_token")
    STORE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    store: ImageStoreRef
    name: str
    page_size: int
    page_token: str
    def __init__(self, store: _Optional[_Union[ImageStoreRef, _Mapping]] = ..., name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListImagesResponse(_message.Message):
    __slots__ = ("images", "next_page_token")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[StoredImage]
    next_page_token: str
    def __init__(self, images: _Optional[_Iterable[_Union[StoredImage, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StoredImage(_message.Message):
    __slots__ = ("id", "names", "size_bytes", "create_time", "repo_digests")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REPO_DIGESTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    names: _containers.RepeatedScalarFieldContainer[str]
    size_bytes: int
    create_time: _timestamp_pb2.Timestamp
    repo_digests: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., names: _Optional[_Iterable[str]] = ..., size_bytes: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., repo_digests: _Optional[_Iterable[str]] = ...) -> None: ...

class RemoveImageRequest(_message.Message):
    __slots__ = ("store", "name", "force")
    STORE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    store: ImageStoreRef
    name: str
    force: bool
    def __init__(self, store: _Optional[_Union[ImageStoreRef, _Mapping]] = ..., name: _Optional[str] = ..., force: _Optional[bool] = ...) -> None: ...

class RemoveImageResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
