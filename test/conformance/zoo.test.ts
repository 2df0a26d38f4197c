import { expect, test } from "vitest";
import { checks } from "../../src/conformance/index.js";
import { animals, check, keepZoo, ownerOf } from "./zoo.js";

keepZoo();

/** What the kit says of each animal, whose file is named after the check that must find its fault. */
const findings: Record<string, RegExp> = {
  "DRV-START-COOKIE": /without SLIPWAY_PLUGIN_MAGIC_COOKIE it exited with code 0; expected code 1/,
  "DRV-START-LINE": /its first line on stdout was "Loading the animal, please wait ..."/,
  "DRV-START-VERSION": /offered the versions 9, 1 and 0, it chose 9; expected 1/,
  "DRV-START-STDIN": /it ended|before it wrote its handshake line|no connection/,
  "DRV-TLS-CERTIFICATE": /it shows another certificate than the announced one/,
  "DRV-TLS-NAME": /its certificate is for DNS:elsewhere/,
  "DRV-TLS-CLIENT": /a client with no certificate was answered instead of refused/,
  "DRV-HEALTH": /its health service says NOT_SERVING/,
  "DRV-STDIO": /StreamStdio ended with INTERNAL/,
  "DRV-HANDSHAKE": /no name and version/,
  "DRV-HANDSHAKE-STABLE": /answered differently/,
  "DRV-CAPABILITY-IDS": /a capability is told twice/,
  "DRV-CAPABILITY-MISSING": /Stop, which it does not advertise, succeeded/,
  "DRV-CAPABILITY-WORKS": /Stop is advertised and ended with UNIMPLEMENTED/,
  "DRV-SCHEMA": /the option size is an ENUM without values/,
  "DRV-SCHEMA-DEFAULTS": /the default 90s of the option timeout is 1m30s in normal form/,
  "DRV-VALIDATE-UNKNOWN": /a configuration with an unknown option is accepted/,
  "DRV-VALIDATE-ALL": /it says nothing of options\[.*; expected the error/,
  "DRV-VALIDATE-SHAPE": /the reason "You got it wrong." is not in UPPER_SNAKE_CASE/,
  "DRV-VALIDATE-ENDPOINT": /an endpoint is accepted, although they are forbidden/,
  "DRV-VALIDATE-DAEMON": /it says nothing of daemon_files\[.*; expected the error DAEMON_CONFIG_UNSUPPORTED/,
  "DRV-VALIDATE-NORMAL": /validating a normal form changes it/,
  "DRV-VALIDATE-SPELLING": /the option socket with the value \/a\/..\/b\/. is .*; expected \/b/,
  "DRV-VALIDATE-SECRETS": /the value of the option secret is in a message, although it is sensitive/,
  "DRV-VALIDATE-FIELDS":
    /the diagnostic OPTION_UNKNOWN is about "config.options.conformance-unknown", which is no/,
  "DRV-VALIDATE-REQUIRED": /it says nothing of options\[socket\]; expected the error OPTION_REQUIRED/,
  "DRV-VALIDATE-DEPRECATED": /the option old is deprecated, and nobody is warned of it/,
  "DRV-VALIDATE-FILES":
    /it says nothing of daemon_files\[..\/conformance\]; expected the error DAEMON_FILE_PATH/,
  "DRV-DRIVERS": /the driver keeper takes the option socket, which is another driver's/,
  "DRV-CALL-FIELDS": /Validate with an unknown field ended with INVALID_ARGUMENT \(FIELD_UNKNOWN\)/,
  "DRV-CALL-AUTHORITY": /Handshake with another :authority ended with PERMISSION_DENIED/,
  "DRV-CALL-ENVIRONMENT": /ListImplicitBuilders answers differently when ZOO_SOCKET, .* of the plugin differ/,
  "DRV-CALL-DRIVER": /Inspect of an unknown driver ended with INVALID_ARGUMENT.*; expected NOT_FOUND/,
  "DRV-CALL-CONFIG": /Inspect without a configuration succeeded/,
  "DRV-CALL-ERRORS": /the error NOT_FOUND \(NOT_FOUND\) of Inspect has the domain ""/,
  "DRV-CALL-CONCURRENT": /got each other's answers/,
  "DRV-CALL-CANCEL": /Handshake after some calls were cancelled ended with/,
  "DRV-CALL-SIZE": /a message of \d+ bytes is refused with RESOURCE_EXHAUSTED; the limit is 67108864/,
  "DRV-IMPLICIT": /a builder has no name/,
  "DRV-IMPLICIT-BROKEN": /ListImplicitBuilders with ZOO_SOCKET=tcp:.* ended with INTERNAL \(DRIVER_FAULT\)/,
  "DRV-LIFE-ABSENT": /a call ended with NOT_FOUND \(NODE_ABSENT\)/,
  "DRV-DIAL-ABSENT": /Dial of a node that was never booted succeeded instead of ending with UNAVAILABLE/,
  "DRV-BOOTSTRAP": /before the last one is no progress/,
  "DRV-BOOTSTRAP-CONCURRENT": /one of two Bootstraps ended with INTERNAL/,
  "DRV-BOOTSTRAP-CANCEL": /DRIVER_FAULT.*EEXIST/,
  "DRV-INSPECT": /a new process sees the running node in state ABSENT: never heard of it/,
  "DRV-DIAL": /\/nonexistent\/buildkitd.sock/,
  "DRV-DIAL-HALF-CLOSE": /BuildKit's end does not come through after a half-close/,
  "DRV-TUNNEL": /the tunnel has fallen in/,
  "DRV-STORE-MISSING": /ListImages without a store succeeded instead of ending with INVALID_ARGUMENT/,
  "DRV-STORE": /the store has no description/,
  "DRV-STORE-ABSENT": /saving conformance.invalid\/none:1 succeeded instead of ending with NOT_FOUND/,
  "DRV-UNREACHABLE":
    /Inspect of a node whose backend cannot be reached ended with UNAVAILABLE \(SOCKET_MISSING\)/,
  "DRV-CALL-DEADLINE": /a Bootstrap with a deadline still runs 15 s after its deadline/,
  "DRV-INSPECT-CHANGED":
    /Inspect with another value of options\[timeout\] says that "options\[timeout\]=42s" differs/,
  "DRV-BOOTSTRAP-CHANGED": /Bootstrap with another daemon_flags succeeded, and daemon_flags still differs/,
  "DRV-LIFE-CONCURRENT": /with Remove during a Bootstrap|a Bootstrap ended in state ABSENT: it is absent/,
  "DRV-DIAL-GONE": /after Stop a connection to what Dial returned says "the animal sleeps"/,
  "DRV-DIAL-BULK": /came back from BuildKit changed|a call ended with (UNAVAILABLE|INTERNAL)/,
  "DRV-TUNNEL-BULK": /came back from BuildKit changed|a call ended with (UNAVAILABLE|INTERNAL)/,
  "DRV-STORE-LOAD": /conformance.invalid\/.* is saved without its layer sha256:/,
  "DRV-STORE-CANCEL": /a LoadImage that (was cancelled|broke off) has changed a tag/,
  "DRV-STORE-GARBAGE": /LoadImage of random bytes ended with INTERNAL \(DRIVER_FAULT\)/,
  "DRV-STORE-LAYERS": /FindLayers names the layer sha256:.*, which no store has/,
  "DRV-STORE-UNREACHABLE":
    /ListImages of a store that does not answer succeeded instead of ending with UNAVAILABLE/,
  "DRV-NATIVE-CLAIMS": /it claims the field colour, which BuildSpec does not have/,
  "DRV-NATIVE-DIAL": /Dial succeeded instead of ending with UNIMPLEMENTED/,
  "DRV-NATIVE-INCOMPLETE": /a Build without a start succeeded instead of ending with INVALID_ARGUMENT/,
  "DRV-NATIVE-CHECK": /it says nothing of outputs\[0\].attributes\[conformance-unknown\]/,
  "DRV-NATIVE-BUILD": /the output has no last piece/,
  "DRV-NATIVE-ERROR": /Build ended with INTERNAL \(DRIVER_FAULT\): there is no conformance-missing/,
  "DRV-NATIVE-CANCEL": /it still hurts/,
  "DRV-NATIVE-SECRETS": /the value of a secret is in the plugin's log/,
  "DRV-LIFE-STOP": /FAILED_PRECONDITION \(NOT_RUNNING\)/,
  "DRV-LIFE-REMOVE": /after Remove the node is in state RUNNING/,
  "DRV-LIFE-SECRETS": /a credential is in the plugin's log/,
  "DRV-END-SHUTDOWN": /it still runs 2 s after Shutdown/,
  "DRV-END-SIGTERM": /it still runs 2 s after SIGTERM/,
  "DRV-END-SIGINT": /it ended on SIGINT/,
  "DRV-END-ORPHAN": /it still runs 5 s after its standard input ended: an orphan/,
  "DRV-LOG-SENSITIVE": /the value of the option secret is in the plugin's log, although it is sensitive/,
  "DRV-LOG": /@level is no text in the log line/,
};

test("every check has an animal that it finds", () => {
  const ids = checks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(
    Object.keys(animals())
      .map((name) => name.toUpperCase())
      .sort(),
  ).toEqual([...ids].sort());
  expect(Object.keys(findings).sort()).toEqual([...ids].sort());
});

test.concurrent.each(Object.entries(findings))("%s finds its animal", async (id, finding) => {
  const { results } = await check(id.toLowerCase(), { only: [id], driver: ownerOf(id) });
  const outcome = checks.find((one) => one.id === id)!.level === "SHOULD" ? "warned" : "failed";
  expect(results).toMatchObject([{ id, outcome, reason: expect.stringMatching(finding) }]);
});
