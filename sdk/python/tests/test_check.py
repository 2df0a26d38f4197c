import unittest

from google.rpc import error_details_pb2
from slipway.driver.v1 import node_pb2

from fakes import Fake
from slipway_driver import (
    DAEMON_CONFIG,
    DAEMON_FLAGS,
    Capability,
    Code,
    Config,
    Descriptor,
    DriverError,
    EndpointRules,
    EndpointUse,
    Field,
    NodeConfig,
    Option,
    OptionType,
    Severity,
    validate,
)
from slipway_driver._drivers import Drivers
from slipway_driver._errors import _MAX_BYTES, _wire_bytes
from slipway_driver._values import format_duration, normal_form, parse_duration

ALL_TYPES = [
    Option(name="image", type=OptionType.STRING, default_value="moby/buildkit"),
    Option(name="privileged", type=OptionType.BOOL),
    Option(name="replicas", type=OptionType.INT, default_value="1"),
    Option(name="memory", type=OptionType.BYTES),
    Option(name="timeout", type=OptionType.DURATION, default_value="1m30s"),
    Option(name="cpu", type=OptionType.QUANTITY),
    Option(name="policy", type=OptionType.ENUM, allowed_values=["always", "never"]),
    Option(name="cacert", type=OptionType.PATH),
    Option(name="labels", type=OptionType.MAP),
    Option(name="env.*", type=OptionType.STRING),
]


def fake(descriptor: Descriptor) -> Fake:
    driver = Fake()
    driver.descriptor = descriptor
    return driver


def check(descriptor: Descriptor, given: NodeConfig):
    descriptor.name = descriptor.name or "fake"
    return validate(fake(descriptor), given)


def reported(found) -> list[str]:
    return [f"{one.reason} {one.field}" for one in found]


class CheckTest(unittest.TestCase):
    def test_normal_form(self):
        given = {
            "privileged": "T",
            "memory": "512m",
            "cpu": "500m",
            "policy": "never",
            "cacert": "/certs/../ca.pem",
            "labels": "a=1, b=x=y",
            "env.HTTP_PROXY": "http://proxy",
            "replicas": "+07",
        }
        want = {
            "image": "moby/buildkit",
            "privileged": "true",
            "replicas": "7",
            "memory": "536870912",
            "timeout": "1m30s",
            "cpu": "500m",
            "policy": "never",
            "cacert": "/ca.pem",
            "labels": "a=1,b=x=y",
            "env.HTTP_PROXY": "http://proxy",
        }
        config, found = check(Descriptor(options=ALL_TYPES), NodeConfig(options=given))
        self.assertEqual((config.options, found), (want, []))
        again, _ = check(Descriptor(options=ALL_TYPES), config.message())
        self.assertEqual(again.options, want)
        self.assertEqual((config.int("memory"), config.bool("privileged")), (512 << 20, True))
        self.assertEqual((config.duration("timeout"), config.map("labels")), (90, {"a": "1", "b": "x=y"}))
        self.assertEqual((config.int("other"), config.duration("other"), config.map("other")), (0, 0, {}))

    def test_reports_everything_at_once(self):
        given = {
            "memroy": "1g",
            "privileged": "maybe",
            "replicas": "1.5",
            "memory": "much",
            "timeout": "soon",
            "cpu": "fast",
            "policy": "sometimes",
            "cacert": "ca.pem",
            "labels": "novalue",
            "env.": "x",
        }
        config, found = check(Descriptor(options=ALL_TYPES), NodeConfig(options=given))
        self.assertIsNone(config)
        unknown = {"memroy", "env."}
        self.assertEqual(
            reported(found),
            [f"OPTION_{'UNKNOWN' if name in unknown else 'INVALID'} options[{name}]" for name in sorted(given)],
        )
        by_field = {one.field: one for one in found}
        self.assertRegex(by_field["options[memroy]"].remedy, "^Did you mean memory[?] Known options: image, ")
        self.assertIn('"sometimes" of the driver option policy', by_field["options[policy]"].message)
        self.assertIn("one of always, never", by_field["options[policy]"].message)
        remedy = by_field["options[policy]"].remedy
        self.assertEqual(remedy, "Set the driver option policy to one of always, never.")

    def test_refused_values(self):
        for kind, values in {
            OptionType.BYTES: ["", "m", "-1", "1mm", "1e3", "9999999p"],
            OptionType.DURATION: ["", "5", "1 m", "1d", "m", "1m5"],
            OptionType.INT: ["", "1.5", "9223372036854775808", "١"],
            OptionType.QUANTITY: ["", "2gi", "half", "1 Gi"],
            OptionType.MAP: ["", "a", "=1", "a=1,a=2"],
            OptionType.PATH: ["", "ca.pem", "/a\0b"],
        }.items():
            for value in values:
                with self.subTest(kind=kind, value=value), self.assertRaises(ValueError):
                    normal_form(Option(type=kind), value)

    def test_durations_have_the_form_of_go(self):
        for value, normal in {
            "90s": "1m30s",
            "1h": "1h0m0s",
            "1.5s": "1.5s",
            "250ms": "250ms",
            "-2h45m": "-2h45m0s",
            "0": "0s",
            "100us": "100µs",
            "5ns": "5ns",
            ".5s": "500ms",
            "1.000000001s": "1.000000001s",
            "2.s": "2s",
        }.items():
            self.assertEqual(format_duration(parse_duration(value)), normal)
            self.assertEqual(format_duration(parse_duration(normal)), normal)

    def test_secrets_stay_out(self):
        pin = Option(name="pin", type=OptionType.INT, sensitive=True)
        _, found = check(Descriptor(options=[pin]), NodeConfig(options={"pin": "hunter2"}))
        self.assertEqual(reported(found), ["OPTION_INVALID options[pin]"])
        self.assertNotIn("hunter2", str(found))
        self.assertEqual(repr(Config(NodeConfig(node="n0", options={"pin": "1"}))), "Config('n0')")

    def test_required_and_deprecated_options(self):
        options = [Option(name="token", required=True), Option(name="mem", deprecation="Use memory.")]
        for given in ({"mem": "1"}, {"mem": "1", "token": ""}):
            _, found = check(Descriptor(options=options), NodeConfig(options=given))
            self.assertEqual(
                reported(found), ["OPTION_DEPRECATED options[mem]", "OPTION_REQUIRED options[token]"]
            )
            self.assertEqual([one.severity for one in found], [Severity.WARNING, Severity.ERROR])

    def test_the_longest_prefix_wins(self):
        options = [
            Option(name="env.*"),
            Option(name="env.proxy.*", type=OptionType.BOOL),
            Option(name="env.proxy.port", type=OptionType.INT),
        ]
        given = {"env.proxy.port": "080", "env.proxy.on": "1", "env.x": "1"}
        config, _ = check(Descriptor(options=options), NodeConfig(options=given))
        self.assertEqual(config.options, {"env.proxy.port": "80", "env.proxy.on": "true", "env.x": "1"})

    def test_endpoint_rules(self):
        required = EndpointRules(use=EndpointUse.REQUIRED, schemes=["unix", "tcp"])
        for rules, endpoint, want in (
            (required, "", ["ENDPOINT_REQUIRED endpoint"]),
            (required, "unix:///a", []),
            (required, "ssh://me:secret@host", ["ENDPOINT_INVALID endpoint"]),
            (EndpointRules(use=EndpointUse.FORBIDDEN), "unix:///a", ["ENDPOINT_FORBIDDEN endpoint"]),
            (None, "anything", []),
        ):
            _, found = check(Descriptor(endpoint=rules), NodeConfig(endpoint=endpoint))
            self.assertEqual(reported(found), want)
            self.assertNotIn("secret", str(found))
        _, found = check(Descriptor(endpoint=required), NodeConfig())
        self.assertEqual(found[0].remedy, "Set the endpoint, beginning with unix:// or tcp://.")

    def test_daemon_files(self):
        files = {
            "buildkitd.toml": b'[registry."docker.io"]\nca = ["certs/ca.pem", "/etc/ca.pem", "present.pem"]\n',
            "../x": b"",
            "present.pem": b"",
        }
        able = Descriptor(capabilities=[Capability(id=DAEMON_CONFIG), Capability(id=DAEMON_FLAGS)])
        given = NodeConfig(daemon_files=files, daemon_flags=["--debug"])
        _, found = check(able, given)
        self.assertEqual(
            reported(found),
            [
                "DAEMON_FILE_PATH_INVALID daemon_files[../x]",
                "DAEMON_FILE_MISSING daemon_files[buildkitd.toml]",
                "DAEMON_FILE_ELSEWHERE daemon_files[buildkitd.toml]",
            ],
        )
        self.assertEqual(found[2].severity, Severity.WARNING)
        for broken in (b"debug = true\nroot = [", b"\xff"):
            given.daemon_files["buildkitd.toml"] = broken
            self.assertEqual(check(able, given)[1][1].reason, "DAEMON_CONFIG_INVALID")
        _, found = check(Descriptor(), given)
        self.assertEqual(
            [one.reason for one in found], ["DAEMON_FLAGS_UNSUPPORTED"] + ["DAEMON_CONFIG_UNSUPPORTED"] * 3
        )

    def test_a_configuration_keeps_what_it_does_not_know(self):
        newer = node_pb2.NodeConfig(node="n0").SerializeToString() + b"\xc2\x3e\x03new"
        self.assertIn(b"new", Config(NodeConfig.FromString(newer)).message().SerializeToString())

    def test_invalid_descriptors(self):
        default = Descriptor(name="a", options=[Option(name="t", type=OptionType.DURATION, default_value="90s")])
        lacking = Descriptor(name="a", capabilities=[Capability(id="builders.stop")])
        for want, descriptors in {
            "at least one": [],
            '"Fake" is not': [Descriptor(name="Fake")],
            "two drivers": [Descriptor(name="a"), Descriptor(name="a")],
            "its normal form is 1m30s": [default],
            "lists the capability builders.stop": [lacking],
        }.items():
            with self.assertRaisesRegex(ValueError, want):
                Drivers([fake(one) for one in descriptors])

    def test_large_errors_are_shortened(self):
        long = "línea de registro\n" * 2000
        fields = [Field("config.options[x]", long, "OPTION_INVALID")] * 100
        status = DriverError(Code.UNAVAILABLE, "BUILDKITD_FAILED", long, long, fields)._status()
        self.assertTrue(_MAX_BYTES / 2 < _wire_bytes(status) <= _MAX_BYTES)
        self.assertTrue(status.message.endswith("…"))
        bad = error_details_pb2.BadRequest()
        status.details[1].Unpack(bad)
        self.assertEqual(len(bad.field_violations), 1)


if __name__ == "__main__":
    unittest.main()
