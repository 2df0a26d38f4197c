import contextlib
import datetime
import os
import socket
import stat
import threading
import time
import unittest

import grpc
from slipway.driver.v1 import driver_pb2

from echo import SETTINGS, echo, read_all
from fakes import NODE, Fake, client_of, reason_of
from slipway_driver import Code, DriverError, stream, unix
from slipway_driver._call import Call
from slipway_driver._leases import Leases

LEASE = "5f0e4b1e-6d1c-4c43-9f0b-0a1c7f6a2f10"


def driver_with(acquire) -> Fake:
    class Leasing(Fake):
        def acquire(self, config, lease):
            acquire(lease)

    return Leasing()


def holding(endpoint) -> Fake:
    return driver_with(lambda lease: lease.hold(endpoint))


def acquire(plugin, lease_id=LEASE):
    context = {"lease_id": lease_id, "affinity_key": "k"}
    return plugin.Acquire(driver_pb2.AcquireRequest(driver="fake", config=NODE, context=context))


class LeaseTest(unittest.TestCase):
    def assert_fails(self, call, code, reason):
        with self.assertRaises(grpc.RpcError) as failed:
            call()
        self.assertEqual(reason_of(failed.exception)[:2], (code, reason))

    def eventually(self, condition):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_the_stream_of_a_lease(self):
        opened = []
        with echo() as path:

            def work(lease):
                def connect(call):
                    opened.append(lease.context.affinity_key)
                    return unix(path)._open(call)

                lease.hold(stream(connect))

            with client_of(driver_with(work)) as plugin:
                lease = acquire(plugin)
                socket_path = next(lease).endpoint.unix.path
                self.assertEqual(stat.S_IMODE(os.stat(socket_path).st_mode), 0o600)
                sent = b"x" * (1 << 20)
                for _ in range(2):
                    with socket.socket(socket.AF_UNIX) as connection:
                        connection.connect(socket_path)

                        def send():
                            connection.sendall(sent)
                            connection.shutdown(socket.SHUT_WR)

                        sender = threading.Thread(target=send)
                        sender.start()
                        self.assertEqual(read_all(connection), SETTINGS + sent + b"end")
                        sender.join()
                self.assertEqual(opened, ["k", "k"])  # The first connection got the stream that Acquire opened.
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect(socket_path)
                    self.assertEqual(connection.recv(len(SETTINGS)), SETTINGS)
                    lease.cancel()
                    with contextlib.suppress(ConnectionResetError):
                        read_all(connection)  # It ends with the lease.
                self.eventually(lambda: not os.path.exists(socket_path))

    def test_the_tunnel_of_a_lease(self):
        requests = [
            driver_pb2.TunnelRequest(start={"driver": "fake", "lease_id": LEASE}),
            driver_pb2.TunnelRequest(data=b"hello "),
        ]
        with echo() as path, client_of(holding(unix(path))) as plugin:

            def read():
                return b"".join(one.data for one in plugin.Tunnel(iter(requests)))

            def is_unknown():
                with contextlib.suppress(grpc.RpcError):
                    read()
                    return False
                return True

            self.assert_fails(read, "NOT_FOUND", "LEASE_UNKNOWN")
            lease = acquire(plugin)
            next(lease)
            self.assertEqual(read(), SETTINGS + b"hello end")
            lease.cancel()
            self.eventually(is_unknown)
            self.assert_fails(read, "NOT_FOUND", "LEASE_UNKNOWN")
            self.assert_fails(lambda: list(plugin.Tunnel(iter([]))), "INVALID_ARGUMENT", "START_MISSING")
            unix(path).probe(Call())

    def test_the_credentials_of_a_lease(self):
        seen = []

        def work(lease):
            seen.append(lease.credentials["registry.example"].secret)
            lease.hold(unix("/run/b.sock"))

        with client_of(driver_with(work)) as plugin:
            context = {"lease_id": LEASE}
            credentials = {"registry.example": {"username": "puller", "secret": "p4ss"}}
            request = driver_pb2.AcquireRequest(
                driver="fake", config=NODE, context=context, credentials=credentials
            )
            next(plugin.Acquire(request))
            self.assertEqual(seen, ["p4ss"])

    def test_the_events_of_a_lease(self):
        expires = datetime.datetime(2030, 1, 2, 3, 4, 5)
        released = threading.Event()

        def work(lease):
            with lease.step("pod", "creating a pod"):
                pass
            lease.offer(unix("/run/first.sock").until(expires).reusable())
            lease.drain("POD_EVICTED", "The pod is evicted.", expires)
            lease.wait()
            released.set()

        with client_of(driver_with(work)) as plugin:
            lease = acquire(plugin)
            begun, ended, endpoint, draining = (next(lease) for _ in range(4))
            self.assertEqual((begun.progress.id, ended.progress.done), ("pod", True))
            self.assertEqual(endpoint.endpoint.unix.path, "/run/first.sock")
            self.assertEqual(endpoint.endpoint.expire_time.ToDatetime(), expires)
            self.assertTrue(endpoint.endpoint.reusable)
            self.assertEqual(draining.draining.reason, "POD_EVICTED")
            self.assertEqual(draining.draining.end_time.ToDatetime(), expires)
            lease.cancel()
            self.assertTrue(released.wait(60))

    def test_leases_that_are_refused(self):
        with client_of(holding(stream(unix("/nowhere/s")._open))) as plugin:
            self.assert_fails(lambda: next(acquire(plugin)), "UNAVAILABLE", "BUILDKIT_UNREACHABLE")
            for wrong in ("", "a-lease", "00000000-0000-0000-0000-000000000000"):
                self.assert_fails(lambda: next(acquire(plugin, wrong)), "INVALID_ARGUMENT", "LEASE_ID_INVALID")
        with client_of(holding(unix("/run/s"))) as plugin:
            held = acquire(plugin)
            next(held)
            self.assert_fails(lambda: next(acquire(plugin)), "ALREADY_EXISTS", "LEASE_EXISTS")
            held.cancel()
        with self.assertRaises(OSError):
            unix("/nowhere/s").probe(Call())

    def test_the_loss_of_a_lease(self):
        def evicted(lease):
            lease.offer(unix("/run/s"))
            raise DriverError(Code.UNAVAILABLE, "POD_EVICTED", "The pod was evicted.")

        for work, code, reason in (
            (evicted, "UNAVAILABLE", "POD_EVICTED"),
            (lambda lease: lease.offer(unix("/run/s")), "INTERNAL", "DRIVER_FAULT"),
        ):
            with client_of(driver_with(work)) as plugin:
                lease = acquire(plugin)
                next(lease)
                self.assert_fails(lambda: next(lease), code, reason)

    def test_leases_end_with_the_plugin(self):
        leases = Leases(None)
        lease = leases.add(driver_pb2.AcquireRequest(driver="fake", context={"lease_id": LEASE}))
        leases.close()
        self.assertTrue(lease.cancelled)


if __name__ == "__main__":
    unittest.main()
