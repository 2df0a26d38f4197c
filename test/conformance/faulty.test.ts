import { expect, test } from "vitest";
import { checks } from "../../src/conformance/index.js";
import { buildPlugins, check, driverOf, faultyPlugins } from "./plugins.js";

buildPlugins();

/** The finding for each faulty plugin. Its file is named after the check that must find the fault. */
const findings: Record<string, RegExp> = {
  "DRV-START-COOKIE": /Without SLIPWAY_PLUGIN_MAGIC_COOKIE the plugin exited with code 0, expected code 1\./,
  "DRV-START-LINE": /The first line on stdout was "Loading, please wait ..."/,
  "DRV-START-VERSION": /Of the versions 9, 2 and 0 the plugin chose 9, expected 2\./,
  "DRV-START-DEBUG": /The plugin cannot be attached: .*ENOENT/,
  "DRV-START-STDIN": /The plugin ended|before it wrote a line on stdout|cannot connect to it/,
  "DRV-TLS-CERTIFICATE": /The plugin presents another certificate than the announced one\./,
  "DRV-TLS-NAME": /The certificate is for DNS:elsewhere\./,
  "DRV-TLS-CLIENT": /A client with no certificate was answered, expected refused\./,
  "DRV-HEALTH": /The health service reports NOT_SERVING\./,
  "DRV-STDIO": /StreamStdio ended with INTERNAL/,
  "DRV-HANDSHAKE": /no name and version/,
  "DRV-HANDSHAKE-STABLE": /The second Handshake returned a different answer\./,
  "DRV-CAPABILITY-IDS": /A capability is listed twice/,
  "DRV-CAPABILITY-MISSING": /Stop, which is not advertised, succeeded/,
  "DRV-CAPABILITY-WORKS": /Stop is advertised and ended with UNIMPLEMENTED/,
  "DRV-SCHEMA": /The option size is an ENUM without values\./,
  "DRV-SCHEMA-DEFAULTS": /The default 90s of the option timeout is not in normal form, which is 1m30s\./,
  "DRV-VALIDATE-UNKNOWN": /A configuration with an unknown option is accepted\./,
  "DRV-VALIDATE-ALL": /Validate reports nothing for options\[.*, expected the error/,
  "DRV-VALIDATE-SHAPE": /The reason "It is wrong." is not in UPPER_SNAKE_CASE\./,
  "DRV-VALIDATE-ENDPOINT": /An endpoint is accepted, although endpoints are forbidden\./,
  "DRV-VALIDATE-DAEMON":
    /Validate reports nothing for daemon_files\[.*, expected the error DAEMON_CONFIG_UNSUPPORTED\./,
  "DRV-VALIDATE-NORMAL": /Validate changes a normal form\./,
  "DRV-VALIDATE-SPELLING":
    /The normal form of the option socket with the value \/a\/..\/b\/. is .*, expected \/b\./,
  "DRV-VALIDATE-SECRETS": /A message contains the value of the sensitive option secret\./,
  "DRV-VALIDATE-FIELDS":
    /The diagnostic OPTION_UNKNOWN has the field "config.options.conformance-unknown", which is not in/,
  "DRV-VALIDATE-REQUIRED":
    /Validate reports nothing for options\[socket\], expected the error OPTION_REQUIRED\./,
  "DRV-VALIDATE-DEPRECATED": /There is no warning for the deprecated option old\./,
  "DRV-VALIDATE-FILES":
    /Validate reports nothing for daemon_files\[..\/conformance\], expected the error DAEMON_FILE_PATH/,
  "DRV-VALIDATE-STORED": /Without the environment Validate changes a normal form\./,
  "DRV-UPGRADE-VERSION":
    /UpgradeConfig from version -1 succeeded, expected INVALID_ARGUMENT \(CONFIG_VERSION_INVALID\)\./,
  "DRV-UPGRADE": /The configuration of version 1 became that of the node other of the builder conformance\./,
  "DRV-DRIVERS": /The driver other accepts the option socket, which belongs to another driver\./,
  "DRV-CALL-FIELDS": /Validate with an unknown field ended with INVALID_ARGUMENT \(FIELD_UNKNOWN\)/,
  "DRV-CALL-AUTHORITY": /Handshake with another :authority ended with PERMISSION_DENIED/,
  "DRV-CALL-ENVIRONMENT":
    /ListImplicitBuilders answers differently when SAMPLE_SOCKET, .* of the process differ\./,
  "DRV-CALL-DRIVER": /Inspect with an unknown driver ended with INVALID_ARGUMENT.*, expected NOT_FOUND/,
  "DRV-CALL-CONFIG": /Inspect without a configuration succeeded/,
  "DRV-CALL-ERRORS": /The error NOT_FOUND \(NOT_FOUND\) of Inspect has the domain ""/,
  "DRV-CALL-CONCURRENT": /Concurrent calls got each other's answers\./,
  "DRV-CALL-CANCEL": /Handshake after cancelled calls ended with/,
  "DRV-CALL-SIZE":
    /A message of \d+ bytes is refused with RESOURCE_EXHAUSTED, although the limit is 67108864\./,
  "DRV-CALL-UNKNOWN": /Tunnel with a request of an unknown kind succeeded, expected INVALID_ARGUMENT/,
  "DRV-IMPLICIT": /A builder has no name/,
  "DRV-IMPLICIT-PAGES":
    /ListImplicitBuilders with a negative page_size succeeded, expected INVALID_ARGUMENT \(PAGE_SIZE_INVALID\)/,
  "DRV-IMPLICIT-BROKEN":
    /ListImplicitBuilders with SAMPLE_SOCKET=tcp:.* ended with INTERNAL \(DRIVER_FAULT\)/,
  "DRV-LIFE-ABSENT": /A call ended with NOT_FOUND \(NODE_ABSENT\)/,
  "DRV-ACQUIRE-ABSENT": /Acquire of a node that was never booted succeeded, expected UNAVAILABLE/,
  "DRV-BOOTSTRAP": /before the last one is not progress\./,
  "DRV-BOOTSTRAP-CONCURRENT": /One of two concurrent Bootstraps ended with INTERNAL/,
  "DRV-BOOTSTRAP-CANCEL": /DRIVER_FAULT.*EEXIST/,
  "DRV-INSPECT": /A new process reports the running node in state ABSENT: The node is unknown\./,
  "DRV-ACQUIRE": /\/nonexistent\/buildkitd.sock/,
  "DRV-ACQUIRE-HALF-CLOSE": /BuildKit's end did not arrive after a half-close\./,
  "DRV-TUNNEL": /the tunnel is broken/,
  "DRV-LEASE-ID": /Acquire with the id of a lease succeeded, expected ALREADY_EXISTS \(LEASE_EXISTS\)/,
  "DRV-LEASE-HOLD": /Acquire ended before the host released the lease\./,
  "DRV-LEASE-RELEASE": /A lease still exists 10 s after its release\./,
  "DRV-LEASE-BROKEN": /A lease still exists 10 s after the end of the host's connection\./,
  "DRV-LEASE-EVENTS": /The reason "it is full" of draining is not in UPPER_SNAKE_CASE\./,
  "DRV-LEASE-PURPOSE": /Acquire with an unknown purpose ended with INVALID_ARGUMENT \(PURPOSE_UNKNOWN\)/,
  "DRV-TUNNEL-LEASE": /Tunnel of an unknown lease succeeded, expected NOT_FOUND \(LEASE_UNKNOWN\)/,
  "DRV-STORE-MISSING": /ListImages without a store succeeded, expected INVALID_ARGUMENT/,
  "DRV-STORE": /The store has no description\./,
  "DRV-STORE-PAGES":
    /ListImages with a negative page_size succeeded, expected INVALID_ARGUMENT \(PAGE_SIZE_INVALID\)/,
  "DRV-STORE-ABSENT": /SaveImage of conformance.invalid\/none:1 succeeded, expected NOT_FOUND/,
  "DRV-UNREACHABLE":
    /Inspect of a node whose backend cannot be reached ended with UNAVAILABLE \(SOCKET_MISSING\)/,
  "DRV-ALLOWED-ADDRESSES": /Without an allowed address, the driver connects to tcp:\/\/localhost\./,
  "DRV-CALL-DEADLINE": /A Bootstrap with a deadline still runs 15 s after its deadline\./,
  "DRV-INSPECT-CHANGED":
    /Inspect with another value of options\[timeout\] reports "options\[timeout\]=42s" as changed\./,
  "DRV-BOOTSTRAP-CHANGED": /Bootstrap with other daemon_flags succeeded, but daemon_flags is still changed\./,
  "DRV-LIFE-CONCURRENT":
    /With Remove during a Bootstrap|A Bootstrap ended in state ABSENT: The node is absent\./,
  "DRV-ACQUIRE-GONE": /After Stop, a connection of a lease received "the node is stopped"/,
  "DRV-ACQUIRE-BULK": /came back changed from BuildKit|A call ended with (UNAVAILABLE|INTERNAL)/,
  "DRV-TUNNEL-BULK": /came back changed from BuildKit|A call ended with (UNAVAILABLE|INTERNAL)/,
  "DRV-STORE-LOAD": /conformance.invalid\/.* was saved without its layer sha256:/,
  "DRV-STORE-NAMES": /ListImages of docker.io\/library\/(conformance-\w+:1) found \1\./,
  "DRV-STORE-CANCEL": /(A cancelled|An incomplete) LoadImage changed a tag\./,
  "DRV-STORE-GARBAGE": /LoadImage of random bytes ended with INTERNAL \(DRIVER_FAULT\)/,
  "DRV-STORE-LAYERS": /FindLayers returned the layer sha256:.*, which no store has\./,
  "DRV-STORE-ORDER": /LoadImage with a wrong request succeeded, expected INVALID_ARGUMENT/,
  "DRV-STORE-BROKEN": /LoadImage of an archive that did not arrive succeeded, expected UNAVAILABLE/,
  "DRV-STORE-UNREACHABLE": /ListImages with an unreachable store succeeded, expected UNAVAILABLE/,
  "DRV-NATIVE-CLAIMS": /The driver claims the field colour, which BuildSpec does not have\./,
  "DRV-NATIVE-ACQUIRE": /Acquire succeeded, expected UNIMPLEMENTED/,
  "DRV-NATIVE-INCOMPLETE": /A Build without a start succeeded, expected INVALID_ARGUMENT/,
  "DRV-NATIVE-CHECK": /CheckBuild does not report outputs\[0\].attributes\[conformance-unknown\]/,
  "DRV-NATIVE-BUILD": /The output has no last chunk\./,
  "DRV-NATIVE-ERROR": /Build ended with INTERNAL \(DRIVER_FAULT\): .*There is no conformance-missing/,
  "DRV-NATIVE-CANCEL": /a build was cancelled before/,
  "DRV-NATIVE-SECRETS": /The plugin's log contains the value of a secret\./,
  "DRV-LIFE-STOP": /FAILED_PRECONDITION \(NOT_RUNNING\)/,
  "DRV-LIFE-REMOVE": /After Remove, the node is in state RUNNING\./,
  "DRV-LIFE-SECRETS": /The plugin's log contains a credential\./,
  "DRV-END-SHUTDOWN": /The plugin still runs 2 s after Shutdown\./,
  "DRV-END-SIGTERM": /The plugin still runs 2 s after SIGTERM\./,
  "DRV-END-SIGINT": /The plugin ended on SIGINT\./,
  "DRV-END-ORPHAN": /The plugin still runs 5 s after its standard input ended\./,
  "DRV-LOG-SENSITIVE": /The plugin's log contains the value of the sensitive option secret\./,
  "DRV-LOG": /@level is not a string in the log line/,
};

test("every check has a faulty plugin", () => {
  const ids = checks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(
    Object.keys(faultyPlugins())
      .map((name) => name.toUpperCase())
      .sort(),
  ).toEqual([...ids].sort());
  expect(Object.keys(findings).sort()).toEqual([...ids].sort());
});

test.concurrent.each(Object.entries(findings))("%s finds its faulty plugin", async (id, finding) => {
  const { results } = await check(id.toLowerCase(), { only: [id], driver: driverOf(id) });
  const outcome = checks.find((one) => one.id === id)!.level === "SHOULD" ? "warned" : "failed";
  expect(results).toMatchObject([{ id, outcome, reason: expect.stringMatching(finding) }]);
});
