import contextlib
import socket
import threading
import unittest

import grpc
from slipway.driver.v1 import driver_pb2, driver_pb2_grpc

from fakes import NODE, Fake
from slipway_driver import tcp
from slipway_driver._drivers import Drivers
from slipway_driver._leases import Leases
from slipway_driver._operator import keepalives
from slipway_driver._plugin import Plugin
from slipway_driver._server import make_server
from slipway_driver._service import Service


class Proxy:
    """Forwards one TCP connection. After stall(), bytes go nowhere, and neither side learns of it."""

    def __init__(self, port: int):
        self._stalled = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._server]
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, args=[port], daemon=True).start()

    def _accept(self, port: int) -> None:
        near = self._server.accept()[0]
        far = socket.create_connection(("127.0.0.1", port))
        self._sockets += [near, far]
        for source, target in [(near, far), (far, near)]:
            threading.Thread(target=self._forward, args=[source, target], daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if not self._stalled.is_set():
                    target.sendall(data)

    def stall(self) -> None:
        self._stalled.set()

    def close(self) -> None:
        for each in self._sockets:
            each.close()


class OperatorTest(unittest.TestCase):
    def test_the_lease_of_a_host_that_no_longer_answers_ends(self):
        released = threading.Event()

        class Leasing(Fake):
            def acquire(self, config, lease):
                try:
                    lease.hold(tcp("127.0.0.1", 1))
                finally:
                    released.set()

        service = Service(Plugin("fake", "0.1.0", "", "", ()), Drivers([Leasing()]), Leases(None))
        server = make_server(service, None, keepalives(1_000, 5_000))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        proxy = Proxy(port)
        self.addCleanup(lambda: server.stop(None).wait())
        self.addCleanup(proxy.close)
        channel = grpc.insecure_channel(f"127.0.0.1:{proxy.port}")
        self.addCleanup(channel.close)
        context = {"lease_id": "5f0e4b1e-6d1c-4c43-9f0b-0a1c7f6a2f10"}
        request = driver_pb2.AcquireRequest(driver="fake", config=NODE, context=context)
        lease = driver_pb2_grpc.DriverServiceStub(channel).Acquire(request)
        self.assertEqual(next(lease).WhichOneof("event"), "endpoint")
        proxy.stall()
        self.assertTrue(released.wait(60))
