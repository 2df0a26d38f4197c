import contextlib
import queue
import unittest

import grpc
from slipway.driver.v1 import driver_pb2, driver_pb2_grpc
from slipway.nativebuild.v1 import native_build_pb2, native_build_pb2_grpc

from fakes import NODE, Fake, channel_to, reason_of
from slipway_driver import (
    BuildError,
    BuildFailed,
    BuildProgress,
    BuildResult,
    BuildSpec,
    Descriptor,
    Diagnostic,
    NativeDriver,
    NodeState,
    NodeStatus,
    RegistryCredential,
    Removal,
)
from slipway_driver._drivers import Drivers

SPEC = BuildSpec(context={"upload": "context"}, named_contexts={"other": {"upload": "other"}, "none": {}})


class Builder(NativeDriver):
    """A driver whose builds do what a test says."""

    descriptor = Descriptor(name="fake", native_build={"outputs": ["tar"]})

    def __init__(self, build=None):
        self._build = build

    def bootstrap(self, config, boot):
        pass

    def inspect(self, config, call):
        return NodeStatus(state=NodeState.RUNNING)

    def remove(self, config, call, options):
        return Removal()

    def check_build(self, config, check):
        if check.spec.target:
            check.error("target", "TARGET_UNKNOWN", f"There is no target {check.spec.target}.")

    def build(self, config, build):
        return self._build(build)


@contextlib.contextmanager
def client_of(driver):
    """A client of a driver that builds."""
    with channel_to(driver) as channel:
        yield native_build_pb2_grpc.NativeBuildServiceStub(channel)


def start(spec=SPEC):
    return native_build_pb2.BuildRequest(start={"driver": "fake", "config": NODE, "id": "b1", "spec": spec})


def chunk(upload, data=b"", last=False):
    return native_build_pb2.BuildRequest(context={"upload": upload, "data": data, "last": last})


def run(plugin, *requests, answer=lambda registry: registry):
    """Sends the requests of a build and answers those for logins; returns the responses."""
    sending = queue.SimpleQueue()
    for one in requests:
        sending.put(one)
    responses = []
    for response in plugin.Build(iter(sending.get, None)):
        responses.append(response)
        if response.WhichOneof("message") in ("result", "error"):
            sending.put(None)
        if response.HasField("credential"):
            login = {"registry": answer(response.credential.registry), "credential": {"secret": "sesame"}}
            sending.put(native_build_pb2.BuildRequest(credential=login))
    return responses


class NativeBuildTest(unittest.TestCase):
    def test_a_build(self):
        output = b"output " * (1 << 17)

        def build(build):
            contexts = build.contexts()
            self.assertEqual(next(contexts).upload, "context")  # Not read, so it is skipped.
            other = next(contexts)
            self.assertEqual((other.upload, other.read(4), other.read()), ("other", b"some", b" files"))
            self.assertEqual(list(contexts), [])
            build.progress(BuildProgress(vertexes=[{"id": "1", "name": "[1/1] COPY"}]))
            build.warn(Diagnostic(reason="ODD"))
            self.assertEqual(build.credential("r.example"), RegistryCredential(secret="sesame"))
            with build.output(0) as writer:
                writer.write(output)
            return BuildResult(image_names=[build.id])

        with client_of(Builder(build)) as plugin:
            requests = [chunk("context", b"x"), chunk("context", last=True), chunk("other", b"some "), chunk("other", b"files", True)]
            responses = run(plugin, start(), *requests)
        kinds = [one.WhichOneof("message") for one in responses]
        self.assertEqual((kinds[:3], kinds[-1]), (["progress", "warning", "credential"], "result"))
        chunks = [one.output for one in responses[3:-1]]
        self.assertEqual(b"".join(one.data for one in chunks), output)
        self.assertEqual([one.last for one in chunks], [False] * (len(chunks) - 1) + [True])
        self.assertEqual(responses[-1].result.image_names, ["b1"])

    def test_errors_of_calls(self):
        def build(build):
            for files in build.contexts():
                files.read()
            build.credential("r.example")

        one = start(BuildSpec(context={"upload": "context"}))
        incomplete = ("INVALID_ARGUMENT", "BUILD_INCOMPLETE")
        with client_of(Builder(build)) as plugin, client_of(Fake()) as other:
            for requests, want in (
                ([chunk("context", last=True)], incomplete),
                ([start(None)], ("INVALID_ARGUMENT", "SPEC_MISSING")),
                ([one, chunk("context", b"x"), chunk("other", b"x")], incomplete),
                ([one, start()], incomplete),
                ([one, chunk("context", b"x", True)], incomplete),
                ([native_build_pb2.BuildRequest(start={})], ("NOT_FOUND", "DRIVER_UNKNOWN")),
            ):
                with self.subTest(requests), self.assertRaises(grpc.RpcError) as failed:
                    run(plugin, *requests, answer=lambda registry: f"other.{registry}")
                self.assertEqual(reason_of(failed.exception)[:2], want)
            with self.assertRaises(grpc.RpcError) as failed:
                run(other, start())
            self.assertEqual(reason_of(failed.exception)[:2], ("UNIMPLEMENTED", "CAPABILITY_MISSING"))

    def test_a_login_needs_all_contexts(self):
        with client_of(Builder(lambda build: build.credential("r.example"))) as plugin:
            with self.assertRaises(grpc.RpcError) as failed, self.assertLogs("slipway_driver", "ERROR"):
                run(plugin, start())
        self.assertEqual(reason_of(failed.exception)[:2], ("INTERNAL", "DRIVER_FAULT"))

    def test_a_failed_build_is_not_a_failed_call(self):
        def build(build):
            with build.output(0) as writer:
                writer.write(b"a part")
                raise BuildFailed(BuildError(reason="STEP_FAILED", message="It failed."))

        with client_of(Builder(build)) as plugin:
            (response,) = run(plugin, start(BuildSpec()))
        self.assertEqual(response.error.reason, "STEP_FAILED")

    def test_a_build_ends_with_its_call(self):
        ended = queue.SimpleQueue()

        def build(build):
            build.progress(BuildProgress())
            try:
                next(build.contexts())
            except BaseException as error:
                ended.put(type(error).__name__)
                raise

        with client_of(Builder(build)) as plugin:
            requests = queue.SimpleQueue()
            requests.put(start())
            call = plugin.Build(iter(requests.get, None))
            next(call)
            call.cancel()
            self.assertEqual(ended.get(timeout=60), "Cancelled")
            requests.put(None)

    def test_a_specification_is_checked(self):
        with client_of(Builder()) as plugin:
            request = native_build_pb2.CheckBuildRequest(driver="fake", config=NODE, spec={"target": "none"})
            self.assertEqual([one.field for one in plugin.CheckBuild(request).diagnostics], ["target"])

    def test_native_drivers_have_no_leases(self):
        with channel_to(Builder()) as channel:
            plugin = driver_pb2_grpc.DriverServiceStub(channel)
            (descriptor,) = plugin.Handshake(driver_pb2.HandshakeRequest()).drivers
            self.assertEqual([one.id for one in descriptor.capabilities], ["build.native"])
            acquire = driver_pb2.AcquireRequest(driver="fake", config=NODE)
            tunnel = driver_pb2.TunnelRequest(start={"driver": "fake"})
            for call in (plugin.Acquire(acquire), plugin.Tunnel(iter([tunnel]))):
                with self.assertRaises(grpc.RpcError) as failed:
                    list(call)
                self.assertEqual(reason_of(failed.exception)[:2], ("UNIMPLEMENTED", "CAPABILITY_MISSING"))

    def test_settings_belong_to_native_drivers(self):
        class Without(Builder):
            descriptor = Descriptor(name="fake")

        class Other(Fake):
            descriptor = Builder.descriptor

        for driver in (Without(), Other()):
            with self.assertRaisesRegex(ValueError, "both or neither of native_build"):
                Drivers([driver])
