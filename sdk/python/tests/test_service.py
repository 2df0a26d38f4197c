import contextlib
import io
import json
import logging
import os
import socket
import ssl
import tempfile
import threading
import unittest

import grpc
from slipway.driver.v1 import driver_pb2

from echo import SETTINGS
from fakes import NODE, Fake, client_of, reason_of
from slipway_driver import (
    Cancelled,
    Code,
    Descriptor,
    DriverError,
    NodeConfig,
    NodeState,
    OptionType,
    Tls,
    tcp,
)
from slipway_driver._call import Call
from slipway_driver._certificate import create_certificate
from slipway_driver._drivers import Drivers
from slipway_driver._log import HclogFormatter

@contextlib.contextmanager
def logged():
    """The lines that are logged."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(HclogFormatter())
    logger = logging.getLogger("slipway_driver")
    logger.addHandler(handler)
    logger.propagate = False
    lines: list[dict[str, str]] = []
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        lines.extend(map(json.loads, output.getvalue().splitlines()))


class Upgraded(Fake):
    """Its option "size" was "memory" in version 1."""

    descriptor = Descriptor(
        name="fake",
        config_version=2,
        options=[
            {"name": "size", "type": OptionType.BYTES},
            {"name": "network", "type": OptionType.STRING, "default_value": "host"},
        ],
    )

    def upgrade_config(self, check, from_version):
        memory = check.config.options.pop("memory")
        if memory == "none":
            check.error("options[memory]", "MEMORY_GONE", "A node needs memory.")
        check.config.options["size"] = memory
        check.config.node = "other"
        check.warn("options[size]", "OPTION_RENAMED", "The option memory is now size.")


class ServiceTest(unittest.TestCase):
    def test_errors_of_calls(self):
        with client_of(Fake()) as plugin:
            for call, request, want in (
                (plugin.Inspect, driver_pb2.InspectRequest(driver="other", config=NODE), ("NOT_FOUND", "DRIVER_UNKNOWN")),
                (plugin.Inspect, driver_pb2.InspectRequest(driver="fake"), ("INVALID_ARGUMENT", "CONFIG_MISSING")),
                (
                    plugin.Inspect,
                    driver_pb2.InspectRequest(driver="fake", config=NodeConfig(options={"x": "1"})),
                    ("INVALID_ARGUMENT", "OPTION_UNKNOWN"),
                ),
                (plugin.Stop, driver_pb2.StopRequest(driver="fake", config=NODE), ("UNIMPLEMENTED", "CAPABILITY_MISSING")),
            ):
                with self.assertRaises(grpc.RpcError) as failed:
                    call(request)
                self.assertEqual(reason_of(failed.exception)[:2], want)

    def test_a_stored_configuration_is_upgraded(self):
        def upgrade(plugin, memory, from_version=1):
            old = NodeConfig(builder="b", node="n0", options={"memory": memory})
            request = driver_pb2.UpgradeConfigRequest(driver="fake", config=old, from_version=from_version)
            return plugin.UpgradeConfig(request)

        with client_of(Upgraded()) as plugin:
            answer = upgrade(plugin, "2k")
            self.assertEqual((answer.config.builder, answer.config.node), ("b", "n0"))
            self.assertEqual(dict(answer.config.options), {"size": "2048", "network": "host"})
            self.assertEqual([one.reason for one in answer.diagnostics], ["OPTION_RENAMED"])
            for memory, reason in (("none", "MEMORY_GONE"), ("heaps", "OPTION_INVALID")):
                answer = upgrade(plugin, memory)
                self.assertFalse(answer.HasField("config"))
                self.assertIn(reason, [one.reason for one in answer.diagnostics])
            for from_version in (-1, 0, 2, 3):
                with self.assertRaises(grpc.RpcError) as failed:
                    upgrade(plugin, "2k", from_version)
                self.assertEqual(reason_of(failed.exception)[:2], ("INVALID_ARGUMENT", "CONFIG_VERSION_INVALID"))

    def test_a_version_and_an_upgrade_belong_together(self):
        class WithoutVersion(Upgraded):
            descriptor = Descriptor(name="fake")

        class WithoutUpgrade(Fake):
            descriptor = Upgraded.descriptor

        for driver in (WithoutVersion(), WithoutUpgrade()):
            with self.assertRaises(ValueError):
                Drivers([driver])

    def test_an_exception_ends_only_its_call(self):
        with client_of(Fake()) as plugin, logged() as lines:
            with self.assertRaises(grpc.RpcError) as failed:
                plugin.Remove(driver_pb2.RemoveRequest(driver="fake", config=NODE))
            plugin.Inspect(driver_pb2.InspectRequest(driver="fake", config=NODE))
        code, reason, metadata = reason_of(failed.exception)
        self.assertEqual((code, reason), ("INTERNAL", "DRIVER_FAULT"))
        self.assertIn(f"(incident {metadata['incident']})", failed.exception.details())
        self.assertNotIn("out of order", failed.exception.details())
        (line,) = lines
        self.assertEqual((line["incident"], line["@level"]), (metadata["incident"], "error"))
        self.assertIn("RuntimeError: out of order", line["error"])
        self.assertRegex(line["@timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")

    def test_a_typed_error_of_inspect_is_a_state(self):
        class Away(Fake):
            def inspect(self, config, call):
                raise DriverError(Code.UNAVAILABLE, "FARM_AWAY", "The farm is away.", "Wait.")

        with client_of(Away()) as plugin:
            status = plugin.Inspect(driver_pb2.InspectRequest(driver="fake", config=NODE)).status
        self.assertEqual(status.state, NodeState.UNREACHABLE)
        self.assertEqual((status.reason, status.message, status.remedy), ("FARM_AWAY", "The farm is away.", "Wait."))

    def test_bootstrap_reports_steps(self):
        class Booting(Fake):
            def bootstrap(self, config, boot):
                with boot.step("first", "creating") as step:
                    step.progress(1, 2)
                    step.log("made\n")
                with boot.step("second", "starting"):
                    raise DriverError(Code.UNAVAILABLE, "FARM_AWAY", "The farm is away.")

        steps = []
        with client_of(Booting()) as plugin, self.assertRaises(grpc.RpcError) as failed:
            for response in plugin.Bootstrap(driver_pb2.BootstrapRequest(driver="fake", config=NODE)):
                step = response.progress
                steps.append((step.id, step.current, step.log, step.error, step.done))
        self.assertEqual(reason_of(failed.exception)[:2], ("UNAVAILABLE", "FARM_AWAY"))
        self.assertEqual(
            steps,
            [
                ("first", 0, "", "", False),
                ("first", 1, "", "", False),
                ("first", 1, "made\n", "", False),
                ("first", 1, "", "", True),
                ("second", 0, "", "", False),
                ("second", 0, "", "The farm is away.", True),
            ],
        )

    def test_changes_of_a_node_are_serial(self):
        entered, proceed = threading.Semaphore(0), threading.Event()
        running: list[str] = []
        most: list[int] = []

        class Waiting(Fake):
            def bootstrap(self, config, boot):
                running.append(config.node)
                most.append(running.count(config.node))
                entered.release()
                proceed.wait()
                running.remove(config.node)

        with client_of(Waiting()) as plugin:

            def boot(node):
                return plugin.Bootstrap(driver_pb2.BootstrapRequest(driver="fake", config=NodeConfig(node=node)))

            first = boot("n0")
            entered.acquire()
            cancelled = boot("n0")
            cancelled.cancel()
            other = boot("n1")
            entered.acquire()  # Another node does not wait.
            last = boot("n0")
            proceed.set()
            for call in (first, other, last):
                self.assertEqual(list(call)[-1].status.state, NodeState.RUNNING)
        self.assertEqual(most, [1, 1, 1])

    def test_a_cancelled_call_ends_its_wait(self):
        ended = threading.Event()
        started = threading.Event()

        class Waiting(Fake):
            def bootstrap(self, config, boot):
                started.set()
                try:
                    boot.sleep(60)
                except Cancelled:
                    ended.set()
                    raise

        with client_of(Waiting()) as plugin:
            call = plugin.Bootstrap(driver_pb2.BootstrapRequest(driver="fake", config=NODE))
            started.wait()
            call.cancel()
            self.assertTrue(ended.wait(60))

    def test_an_endpoint_with_tls(self):
        _, certificate, key = create_certificate()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(certificate + key)
            file.flush()
            context.load_cert_chain(file.name)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=certificate.decode())

        def accept(server):
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                        secure.sendall(SETTINGS)
                        secure.recv(1)

        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=accept, args=[server], daemon=True).start()
            port = server.getsockname()[1]
            pair = {"certificate": certificate, "key": key}
            tcp("127.0.0.1", port, Tls(ca=certificate, server_name="localhost", **pair)).probe(Call())
            for wrong in (
                Tls(server_name="localhost", **pair),
                Tls(ca=certificate, server_name="elsewhere", **pair),
                Tls(ca=certificate, server_name="localhost"),
            ):
                with self.assertRaises(OSError):
                    tcp("127.0.0.1", port, wrong).probe(Call())


if __name__ == "__main__":
    unittest.main()
