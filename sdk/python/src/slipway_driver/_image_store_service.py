"""ImageStoreService of a plugin's drivers."""

from collections.abc import Iterator

from slipway.driver.v1 import image_store_pb2, image_store_pb2_grpc

from slipway_driver._drivers import Drivers, capability_missing, finds_layers
from slipway_driver._errors import invalid_request
from slipway_driver._handlers import streaming, unary
from slipway_driver._image_archive import ReceivedArchive, SentArchive
from slipway_driver._image_names import full_name
from slipway_driver._image_store import ImageStore, Push
from slipway_driver._leases import Leases
from slipway_driver._messages import StoredImage
from slipway_driver._pages import Page
from slipway_driver._threads import Threads


class ImageStoreService(image_store_pb2_grpc.ImageStoreServiceServicer):
    """The calls of the host about image stores."""

    def __init__(self, drivers: Drivers, leases: Leases, threads: Threads):
        self._drivers, self._leases, self._threads = drivers, leases, threads

    @unary
    def GetImageStore(self, request, call):
        return self._find(request, "GetImageStore").describe(request.store, call)

    @streaming
    def LoadImage(self, requests, call) -> Iterator[image_store_pb2.LoadImageResponse]:
        first = next(requests, image_store_pb2.LoadImageRequest())
        store = self._find(first, "LoadImage")
        archive = SentArchive(requests, self._leases.socket_path("archive"))
        try:
            names = yield from archive._run(call, self._threads, lambda: store.load(first.store, archive))
        finally:
            archive._end()
        loaded = image_store_pb2.LoadedImages(names=map(full_name, names))
        yield image_store_pb2.LoadImageResponse(loaded=loaded)

    @unary
    def FindLayers(self, request, call):
        store = self._find(request, "FindLayers")
        if not finds_layers(store):
            raise capability_missing(request.store.driver, "FindLayers", "image-store.layers")
        layers = store.find_layers(request.store, list(request.layers), call)
        return image_store_pb2.FindLayersResponse(layers=layers)

    @streaming
    def SaveImage(self, requests, call) -> Iterator[image_store_pb2.SaveImageResponse]:
        images = next(requests, image_store_pb2.SaveImageRequest()).images
        store = self._find(images, "SaveImage")
        archive = ReceivedArchive(requests, self._leases.socket_path("archive"))

        def save() -> None:
            store.save(images.store, list(images.names), archive)
            archive._flush()

        try:
            yield from archive._run(call, self._threads, save)
        finally:
            archive._end()

    @streaming
    def PushImage(self, request, call) -> Iterator[image_store_pb2.PushImageResponse]:
        store = self._find(request, "PushImage")
        push = Push(request.name, request.credential if request.HasField("credential") else None)
        digest = yield from push._run(call, self._threads, lambda: store.push(request.store, push))
        yield image_store_pb2.PushImageResponse(pushed=image_store_pb2.PushedImage(digest=digest))

    @unary
    def ListImages(self, request, call):
        store = self._find(request, "ListImages")
        page = Page(request)
        images, token = page.of(store.list(request.store, request.name, call), lambda one: one.id)
        return image_store_pb2.ListImagesResponse(images=map(_with_full_names, images), next_page_token=token)

    @unary
    def RemoveImage(self, request, call):
        self._find(request, "RemoveImage").remove(request.store, request.name, request.force, call)
        return image_store_pb2.RemoveImageResponse()

    def _find(self, request, call: str) -> ImageStore:
        """The store of a call."""
        if not request.HasField("store"):
            raise invalid_request("store", "STORE_MISSING", "The image store is missing.")
        name = request.store.driver
        if store := self._drivers.get(name).image_store:
            return store
        raise capability_missing(name, call, "image-store")


def _with_full_names(image: StoredImage) -> StoredImage:
    full = StoredImage()
    full.CopyFrom(image)
    full.names[:] = map(full_name, image.names)
    full.repo_digests[:] = map(full_name, image.repo_digests)
    return full
