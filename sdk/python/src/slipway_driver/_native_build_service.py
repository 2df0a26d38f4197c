"""NativeBuildService of a plugin's drivers."""

from collections.abc import Iterator

from slipway.nativebuild.v1 import native_build_pb2, native_build_pb2_grpc

from slipway_driver._config import Config
from slipway_driver._driver import NativeDriver
from slipway_driver._drivers import Drivers, capability_missing
from slipway_driver._errors import invalid_request
from slipway_driver._handlers import streaming, unary
from slipway_driver._native_build import Build, BuildCheck, BuildFailed, build_incomplete
from slipway_driver._threads import Threads


class NativeBuildService(native_build_pb2_grpc.NativeBuildServiceServicer):
    """The calls of the host about builds without BuildKit."""

    def __init__(self, drivers: Drivers, threads: Threads):
        self._drivers, self._threads = drivers, threads

    @unary
    def CheckBuild(self, request, call):
        driver, config = self._find(request, "CheckBuild")
        check = BuildCheck(request.spec)
        driver.check_build(config, check)
        return native_build_pb2.CheckBuildResponse(diagnostics=check._found)

    @streaming
    def Build(self, requests, call) -> Iterator[native_build_pb2.BuildResponse]:
        first = next(requests, native_build_pb2.BuildRequest())
        if not first.HasField("start"):
            raise build_incomplete("start", "The first message of a build must say what to build.")
        driver, config = self._find(first.start, "Build")
        build = Build(first.start, requests)
        try:
            result = yield from build._run(call, self._threads, lambda: driver.build(config, build))
        except BuildFailed as failure:
            yield native_build_pb2.BuildResponse(error=failure.error)
        else:
            yield native_build_pb2.BuildResponse(result=result)
        # Until the host half-closes: a server that ends a half-open call resets its stream, with which the host can lose the
        # last response.
        for _ in requests:
            pass

    def _find(self, request, call: str) -> tuple[NativeDriver, Config]:
        """The driver of a call, and the node's configuration in normal form."""
        if not isinstance(self._drivers.get(request.driver), NativeDriver):
            raise capability_missing(request.driver, call, "build.native")
        driver, config = self._drivers.node(request)
        if not request.HasField("spec"):
            raise invalid_request("spec", "SPEC_MISSING", "The build specification is missing.")
        return driver, config
