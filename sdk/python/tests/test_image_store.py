import contextlib
import queue
import unittest

import grpc
from slipway.driver.v1 import image_store_pb2, image_store_pb2_grpc

from archive_server import archive_server, make_request
from fakes import Fake, channel_to, reason_of
from slipway_driver import (
    ArchiveRequest,
    Code,
    DriverError,
    ImageStore,
    RegistryCredential,
    StoreDescription,
    StoredImage,
    StoreRef,
    stream,
    unix,
)
from slipway_driver._image_names import full_name

STORE = StoreRef(driver="fake")
ARCHIVE = b"archive " * (1 << 17)
ID = "sha256:" + "a" * 64


class FakeStore(ImageStore):
    """A store whose methods do what a test says."""

    def __init__(self, load=None, save=None, push=None):
        self._load, self._save, self._push = load, save, push

    def describe(self, store, call):
        return StoreDescription(oci=True, description="A fake")

    def load(self, store, archive):
        return self._load(archive)

    def save(self, store, names, archive):
        self._save(archive)

    def push(self, store, push):
        return self._push(push)

    def list(self, store, name, call):
        return [StoredImage(id=ID, names=["app"])]

    def remove(self, store, name, force, call):
        pass


@contextlib.contextmanager
def client_of(store, is_far=False):
    """A client of a driver's image store."""
    driver = Fake()
    driver.image_store = store
    with channel_to(driver, is_far) as channel:
        yield image_store_pb2_grpc.ImageStoreServiceStub(channel)


class Requests:
    """The requests of a call, which are sent one after another until it is half-closed."""

    def __init__(self, *requests):
        self._queue = queue.SimpleQueue()
        self.send(*requests)

    def send(self, *requests):
        for one in requests:
            self._queue.put(one)

    def half_close(self):
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)


def load_requests(*requests):
    return Requests(image_store_pb2.LoadImageRequest(store=STORE), *requests)


def save_requests(*requests):
    images = image_store_pb2.SavedImages(store=STORE, names=["app"])
    return Requests(image_store_pb2.SaveImageRequest(images=images), *requests)


def data(content):
    return image_store_pb2.LoadImageRequest(data=content)


def answer(**part):
    return image_store_pb2.LoadImageRequest(answer=part)


class ImageStoreTest(unittest.TestCase):
    def assert_fails(self, call, code, reason):
        with self.assertRaises(grpc.RpcError) as failed:
            call()
        self.assertEqual(reason_of(failed.exception)[:2], (code, reason))

    def test_errors_of_calls(self):
        with client_of(FakeStore()) as plugin, client_of(None) as other:
            without = iter([image_store_pb2.SaveImageRequest()])
            self.assert_fails(lambda: list(plugin.SaveImage(without)), "INVALID_ARGUMENT", "STORE_MISSING")
            unknown = image_store_pb2.ListImagesRequest(store={"driver": "other"})
            self.assert_fails(lambda: plugin.ListImages(unknown), "NOT_FOUND", "DRIVER_UNKNOWN")
            page = image_store_pb2.ListImagesRequest(store=STORE, page_size=-1)
            self.assert_fails(lambda: plugin.ListImages(page), "INVALID_ARGUMENT", "PAGE_SIZE_INVALID")
            layers = image_store_pb2.FindLayersRequest(store=STORE)
            self.assert_fails(lambda: plugin.FindLayers(layers), "UNIMPLEMENTED", "CAPABILITY_MISSING")
            get = image_store_pb2.GetImageStoreRequest(store=STORE)
            self.assert_fails(lambda: other.GetImageStore(get), "UNIMPLEMENTED", "CAPABILITY_MISSING")
            listed = plugin.ListImages(image_store_pb2.ListImagesRequest(store=STORE))
            self.assertEqual(listed.images[0].names, ["docker.io/library/app:latest"])

    def test_load_reads_the_archive(self):
        def load(archive):
            with archive.step("unpack", "unpacking"):
                self.assertEqual(archive.read(3) + b"".join(archive), ARCHIVE)
            return ["app"]

        with client_of(FakeStore(load)) as plugin:
            requests = load_requests(data(ARCHIVE[:1000]), data(b""), data(ARCHIVE[1000:]))
            requests.half_close()
            responses = list(plugin.LoadImage(iter(requests)))
        kinds = [one.WhichOneof("event") for one in responses]
        self.assertEqual(kinds, ["progress", "transfer", "progress", "loaded"])
        self.assertTrue(responses[1].transfer.HasField("stream"))
        self.assertEqual(responses[-1].loaded.names, ["docker.io/library/app:latest"])

    def test_a_cancelled_load_is_not_complete(self):
        ended = queue.SimpleQueue()

        def load(archive):
            try:
                archive.read()
            except BaseException as error:
                ended.put(type(error).__name__)
                raise
            ended.put("complete")
            return ["app"]

        with client_of(FakeStore(load)) as plugin:
            call = plugin.LoadImage(iter(load_requests(data(b"half"))))
            next(call)
            call.cancel()
            self.assertEqual(ended.get(timeout=60), "Cancelled")

    def test_requests_of_a_load_are_checked(self):
        def twice(archive):
            archive.read()
            archive.send_to(ArchiveRequest(unix("/nowhere"), "POST", "/"))

        for load, request, want in (
            (lambda archive: [archive.read()], answer(status=200), ("INVALID_ARGUMENT", "TRANSFER_INCOMPLETE")),
            (twice, data(b"x"), ("INTERNAL", "DRIVER_FAULT")),
        ):
            with client_of(FakeStore(load)) as plugin, self.subTest(want), logs(self, want):
                requests = load_requests(request)
                requests.half_close()
                self.assert_fails(lambda: list(plugin.LoadImage(iter(requests))), *want)

    def test_save_writes_the_archive(self):
        def save(archive):
            archive.write(ARCHIVE[:10])
            archive.write(ARCHIVE[10:])

        with client_of(FakeStore(save=save)) as plugin:
            call = plugin.SaveImage(iter(save_requests()))
            self.assertTrue(next(call).transfer.HasField("stream"))
            chunks = [one.data for one in call]
        self.assertEqual(b"".join(chunks), ARCHIVE)
        self.assertLessEqual(max(map(len, chunks)), 1 << 20)

    def test_push_has_its_credential(self):
        def push(push):
            with push.step("push", f"pushing {push.name}"):
                if push.credential is None or push.credential.secret != "sesame":
                    raise DriverError(Code.UNAUTHENTICATED, "REGISTRY_UNAUTHORIZED", "The registry refuses it.")
            return "sha256:1"

        with client_of(FakeStore(push=push)) as plugin:
            request = image_store_pb2.PushImageRequest(store=STORE, name="r.example/app:1")
            self.assert_fails(lambda: list(plugin.PushImage(request)), "UNAUTHENTICATED", "REGISTRY_UNAUTHORIZED")
            request.credential.CopyFrom(RegistryCredential(secret="sesame"))
            self.assertEqual(list(plugin.PushImage(request))[-1].pushed.digest, "sha256:1")

    def test_the_host_carries_archives(self):
        with archive_server() as server:
            for way, endpoint in server.endpoints().items():
                with self.subTest(way), client_of(loads_by(endpoint)) as plugin:
                    requests = load_requests()
                    call = plugin.LoadImage(iter(requests))
                    status, body = make_request(next(call).transfer.http, ARCHIVE)
                    requests.send(answer(status=status), answer(body=body))
                    requests.half_close()
                    self.assertEqual(next(call).loaded.names, ["docker.io/library/app:latest"])
                with self.subTest(way), client_of(saves_by(endpoint)) as plugin:
                    requests = save_requests()
                    call = plugin.SaveImage(iter(requests))
                    status, body = make_request(next(call).transfer.http)
                    self.assertEqual(body, ARCHIVE)
                    requests.send(image_store_pb2.SaveImageRequest(answer={"status": status}))
                    requests.half_close()
                    self.assertEqual(list(call), [])

    def test_the_plugin_carries_archives_of_a_far_host(self):
        with archive_server() as server:
            for way, endpoint in server.endpoints().items():
                with self.subTest(way), client_of(loads_by(endpoint), is_far=True) as plugin:
                    requests = load_requests(data(ARCHIVE))
                    requests.half_close()
                    loaded = list(plugin.LoadImage(iter(requests)))[-1].loaded
                    self.assertEqual((loaded.names, server.stored), (["docker.io/library/app:latest"], ARCHIVE))
                with self.subTest(way), client_of(saves_by(endpoint), is_far=True) as plugin:
                    saved = b"".join(one.data for one in plugin.SaveImage(iter(save_requests())))
                    self.assertEqual(saved, ARCHIVE)
                with self.subTest(way), client_of(saves_by(endpoint, "/absent"), is_far=True) as plugin:
                    call = plugin.SaveImage(iter(save_requests()))
                    self.assert_fails(lambda: list(call), "NOT_FOUND", "IMAGE_NOT_FOUND")

    def test_broken_transfers(self):
        lost, incomplete = ("UNAVAILABLE", "CONNECTION_LOST"), ("INVALID_ARGUMENT", "TRANSFER_INCOMPLETE")
        failure = answer(failure="connect ECONNREFUSED")

        def away(_call):
            raise OSError("the engine is away")

        with archive_server() as server:
            reached, cut = unix(server.path), stream(server.cut)
            for endpoint, is_far, parts, want in (
                (reached, False, [failure], lost),
                (reached, False, [answer(status=200), answer(body=b"na"), failure], lost),
                (reached, False, [], incomplete),
                (reached, False, [answer(body=b"name")], incomplete),
                (stream(away), False, [], lost),
                (stream(away), True, [], lost),
                (cut, True, [data(b"x")], lost),
                (reached, True, [failure], incomplete),
            ):
                with self.subTest(parts=parts, is_far=is_far), client_of(loads_by(endpoint), is_far) as plugin:
                    requests = load_requests(*parts)
                    requests.half_close()
                    self.assert_fails(lambda: list(plugin.LoadImage(iter(requests))), *want)

    def test_names_are_full(self):
        for name, want in {
            "app": "docker.io/library/app:latest",
            "me/app:1": "docker.io/me/app:1",
            "localhost/app": "localhost/app:latest",
            f"app@{ID}": f"docker.io/library/app@{ID}",
            "r.example:5000/app:1": "r.example:5000/app:1",
            "r.example:5000/app": "r.example:5000/app:latest",
            "index.docker.io/me/app": "docker.io/me/app:latest",
            ID: ID,
            "a" * 64: "a" * 64,
            "no name": "no name",
            "app:": "app:",
        }.items():
            self.assertEqual(full_name(name), want)


def logs(test, error):
    """Only a fault of the driver is logged."""
    is_fault = error[1] == "DRIVER_FAULT"
    return (test.assertLogs if is_fault else test.assertNoLogs)("slipway_driver", "ERROR")


def loads_by(endpoint):
    """A store that has archives sent to a server, which answers with the name."""

    def load(archive):
        answer = archive.send_to(ArchiveRequest(endpoint, "POST", "/", {"X-Name": "app"}))
        return [answer.body.read().decode()]

    return FakeStore(load)


def saves_by(endpoint, path="/"):
    """A store that has archives fetched from a server."""

    def save(archive):
        answer = archive.fetch_from(ArchiveRequest(endpoint, "GET", path))
        if answer.status == 404:
            raise DriverError(Code.NOT_FOUND, "IMAGE_NOT_FOUND", f"It is absent: {answer.body.read()}.")

    return FakeStore(save=save)
