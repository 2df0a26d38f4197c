import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checks, runConformance } from "../../src/conformance/index.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import { lab } from "../lab/index.js";
import { destroyState, makeState } from "../lab/state.js";

const zoo = join(import.meta.dirname, "zoo");

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
  "DRV-VALIDATE-DAEMON": /it says nothing of daemon_flags; expected the error DAEMON_FLAGS_UNSUPPORTED/,
  "DRV-VALIDATE-NORMAL": /validating a normal form changes it/,
  "DRV-VALIDATE-SPELLING": /the option socket with the value \/a\/..\/b\/. is .*; expected \/b/,
  "DRV-VALIDATE-SECRETS": /the value of the option secret is in a message, although it is sensitive/,
  "DRV-CALL-DRIVER": /Inspect of an unknown driver ended with INVALID_ARGUMENT.*; expected NOT_FOUND/,
  "DRV-CALL-CONFIG": /Inspect without a configuration succeeded/,
  "DRV-CALL-ERRORS": /the error NOT_FOUND has the domain ""/,
  "DRV-CALL-CONCURRENT": /got each other's answers/,
  "DRV-CALL-CANCEL": /after some calls were cancelled, Handshake ended with/,
  "DRV-CALL-SIZE": /a message of \d+ bytes is refused with RESOURCE_EXHAUSTED; the limit is 67108864/,
  "DRV-IMPLICIT": /a builder has no name/,
  "DRV-LIFE-ABSENT": /a call ended with NOT_FOUND \(NODE_ABSENT\)/,
  "DRV-BOOTSTRAP": /before the last one is no progress/,
  "DRV-BOOTSTRAP-CONCURRENT": /one of two Bootstraps ended with INTERNAL/,
  "DRV-BOOTSTRAP-CANCEL": /DRIVER_FAULT.*EEXIST/,
  "DRV-INSPECT": /a new process sees the running node in state ABSENT: never heard of it/,
  "DRV-DIAL": /\/nonexistent\/buildkitd.sock/,
  "DRV-DIAL-HALF-CLOSE": /BuildKit's end does not come through after a half-close/,
  "DRV-TUNNEL": /the tunnel has fallen in/,
  "DRV-STORE": /the store has no description/,
  "DRV-STORE-ABSENT": /saving conformance.invalid\/none:1 succeeded instead of ending with NOT_FOUND/,
  "DRV-LIFE-STOP": /FAILED_PRECONDITION \(NOT_RUNNING\)/,
  "DRV-LIFE-REMOVE": /after Remove the node is in state RUNNING/,
  "DRV-LIFE-SECRETS": /a credential is in the plugin's log/,
  "DRV-END-SHUTDOWN": /it still runs 2 s after Shutdown/,
  "DRV-END-SIGTERM": /it still runs 2 s after SIGTERM/,
  "DRV-END-SIGINT": /it ended on SIGINT/,
  "DRV-END-ORPHAN": /it still runs 5 s after its standard input ended: an orphan/,
  "DRV-LOG": /@level is no text in the log line/,
};

let folder: string;
beforeAll(async () => {
  folder = await makeState("zoo");
  await mkdir(join(folder, "nodes"));
  await build({
    entryPoints: { ...animals(), well: join(import.meta.dirname, "well/main.ts") },
    outdir: join(folder, "bin"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    logLevel: "warning",
  });
});
afterAll(() => destroyState(folder));

function animals(): Record<string, string> {
  const names = readdirSync(zoo).map((name) => name.replace(/\.ts$/, ""));
  return Object.fromEntries(names.map((name) => [name, join(zoo, `${name}.ts`)]));
}

function check(name: string, only?: string[]) {
  const socket = lab().buildkitd.address.slice("unix://".length);
  const options = { socket, folder: join(folder, "nodes") };
  return runConformance({
    command: [process.execPath, join(folder, "bin", `${name}.mjs`)],
    cwd: folder,
    only,
    backend: { config: create(NodeConfigSchema, { options }), environment: {} },
  });
}

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
  const { results } = await check(id.toLowerCase(), [id]);
  const outcome = checks.find((one) => one.id === id)!.level === "SHOULD" ? "warned" : "failed";
  expect(results).toMatchObject([{ id, outcome, reason: expect.stringMatching(finding) }]);
});

test("a plugin without a fault passes them all", async () => {
  const { plugin, driver, results } = await check("well");
  expect({ plugin, driver }).toEqual({ plugin: "zoo 1.0.0", driver: "zoo" });
  expect(results.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
});
