from slipway.build.v1 import image_format_pb2 as _image_format_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CacheMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CACHE_MODE_UNSPECIFIED: _ClassVar[CacheMode]
    CACHE_MODE_MIN: _ClassVar[CacheMode]
    CACHE_MODE_MAX: _ClassVar[CacheMode]
CACHE_MODE_UNSPECIFIED: CacheMode
CACHE_MODE_MIN: CacheMode
CACHE_MODE_MAX: CacheMode

class CacheBackend(_message.Message):
    __slots__ = ("type", "attributes", "registry", "local", "inline", "gha", "s3", "azblob", "export")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    INLINE_FIELD_NUMBER: _ClassVar[int]
    GHA_FIELD_NUMBER: _ClassVar[int]
    S3_FIELD_NUMBER: _ClassVar[int]
    AZBLOB_FIELD_NUMBER: _ClassVar[int]
    EXPORT_FIELD_NUMBER: _ClassVar[int]
    type: str
    attributes: _containers.ScalarMap[str, str]
    registry: RegistryCache
    local: LocalCache
    inline: InlineCache
    gha: GhaCache
    s3: S3Cache
    azblob: AzblobCache
    export: CacheExport
    def __init__(self, type: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., registry: _Optional[_Union[RegistryCache, _Mapping]] = ..., local: _Optional[_Union[LocalCache, _Mapping]] = ..., inline: _Optional[_Union[InlineCache, _Mapping]] = ..., gha: _Optional[_Union[GhaCache, _Mapping]] = ..., s3: _Optional[_Union[S3Cache, _Mapping]] = ..., azblob: _Optional[_Union[AzblobCache, _Mapping]] = ..., export: _Optional[_Union[CacheExport, _Mapping]] = ...) -> None: ...

class CacheExport(_message.Message):
    __slots__ = ("mode", "ignore_error", "format")
    MODE_FIELD_NUMBER: _ClassVar[int]
    IGNORE_ERROR_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    mode: CacheMode
    ignore_error: bool
    format: _image_format_pb2.ImageFormat
    def __init__(self, mode: _Optional[_Union[CacheMode, str]] = ..., ignore_error: _Optional[bool] = ..., format: _Optional[_Union[_image_format_pb2.ImageFormat, _Mapping]] = ...) -> None: ...

class RegistryCache(_message.Message):
    __slots__ = ("ref", "insecure")
    REF_FIELD_NUMBER: _ClassVar[int]
    INSECURE_FIELD_NUMBER: _ClassVar[int]
    ref: str
    insecure: bool
    def __init__(self, ref: _Optional[str] = ..., insecure: _Optional[bool] = ...) -> None: ...

class LocalCache(_message.Message):
    __slots__ = ("path", "tag", "digest")
    PATH_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    path: str
    tag: str
    digest: str
    def __init__(self, path: _Optional[str] = ..., tag: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class InlineCache(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GhaCache(_message.Message):
    __slots__ = ("token", "url", "url_v2", "scope")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    URL_V2_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    token: str
    url: str
    url_v2: str
    scope: str
    def __init__(self, token: _Optional[str] = ..., url: _Optional[str] = ..., url_v2: _Optional[str] = ..., scope: _Optional[str] = ...) -> None: ...

class S3Cache(_message.Message):
    __slots__ = ("bucket", "region", "names", "prefix", "endpoint_url", "use_path_style", "access_key_id", "secret_access_key", "session_token")
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_URL_FIELD_NUMBER: _ClassVar[int]
    USE_PATH_STYLE_FIELD_NUMBER: _ClassVar[int]
    ACCESS_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SECRET_ACCESS_KEY_FIELD_NUMBER: _ClassVar[int]
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bucket: str
    region: str
    names: _containers.RepeatedScalarFieldContainer[str]
    prefix: str
    endpoint_url: str
    use_path_style: bool
    access_key_id: str
    secret_access_key: str
    session_token: str
    def __init__(self, bucket: _Optional[str] = ..., region: _Optional[str] = ..., names: _Optional[_Iterable[str]] = ..., prefix: _Optional[str] = ..., endpoint_url: _Optional[str] = ..., use_path_style: _Optional[bool] = ..., access_key_id: _Optional[str] = ..., secret_access_key: _Optional[str] = ..., session_token: _Optional[str] = ...) -> None: ...

class AzblobCache(_message.Message):
    __slots__ = ("account_url", "account_name", "container", "names", "prefix", "secret_access_key")
    ACCOUNT_URL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_NAME_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    SECRET_ACCESS_KEY_FIELD_NUMBER: _ClassVar[int]
    account_url: str
    account_name: str
    container: str
    names: _containers.RepeatedScalarFieldContainer[str]
    prefix: str
    secret_access_key: str
    def __init__(self, account_url: _Optional[str] = ..., account_name: _Optional[str] = ..., container: _Optional[str] = ..., names: _Optional[_Iterable[str]] = ..., prefix: _Optional[str] = ..., secret_access_key: _Optional[str] = ...) -> None: ...
