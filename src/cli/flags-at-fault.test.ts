import { expect, test } from "vitest";
import { flagAtFault, hintFor } from "./flags-at-fault.js";

test.each([
  ["spec.outputs[0].attributes.dest", "--output"],
  ["spec.outputs[1].attributes[tar]", "--output"],
  ["spec.tags[0]", "--tag"],
  ["spec.platforms", "--platform"],
  ["spec.cache_from[0].type", "--cache-from"],
  ["spec.cache_to[2]", "--cache-to"],
  ["spec.no_cache", "--no-cache"],
  ["spec.no_cache_stages[0]", "--no-cache-filter"],
  ["spec.entitlements[0]", "--allow"],
  ["spec.call", "--call"],
  ["spec.network", "--network"],
  ["spec.ssh[0].agent_socket", "--ssh"],
  ["spec.attestations[sbom]", "--sbom"],
  ["spec.named_contexts[base].path", "--build-context base"],
  ["node.options[memory]", "--driver-opt memory"],
  ["node.daemon_flags", "--buildkitd-flags"],
  ["node.daemon_files[buildkitd.toml]", "--buildkitd-config"],
  ["target.platform", "--platform"],
  ["filters[0]", "--filter"],
  ["--secret npmrc", "--secret npmrc"],
  ["spec.context.path", undefined],
  ["spec.unheard_of", undefined],
  ["node.endpoint", undefined],
  ["builder", undefined],
  ["options[memory]", undefined],
  ["", undefined],
])("%s was set by %s", (field, flag) => expect(flagAtFault(field)).toBe(flag));

test("prefers a flag that was given", () => {
  const given = (...flags: string[]) => new Set(flags);
  expect(flagAtFault("spec.outputs[0]", given("--push", "--tag"))).toBe("--push");
  expect(flagAtFault("spec.call", given("--check"))).toBe("--check");
  expect(flagAtFault("builder", given("--builder"))).toBe("--builder");
  expect(flagAtFault("options[memory]", given("--driver-opt"))).toBe("--driver-opt memory");
});

test("replaces fields by flags in remedies", () => {
  expect(hintFor("X", "Leave out node.daemon_flags, or set spec.tags.")).toBe(
    "Leave out --buildkitd-flags, or set --tag.",
  );
  expect(hintFor("NODE_TIMEOUT", "Use a longer timeout, or set force to forget the node.")).toBe(
    "Use a longer --timeout, or add --force to forget the node.",
  );
  expect(hintFor("X", "Set replace to replace it. Set forces.")).toBe(
    "Add --replace to replace it. Set forces.",
  );
  expect(hintFor("X", "Set spec.unheard_of.")).toBe("Set spec.unheard_of.");
  expect(hintFor("SSH_MISSING", "Add an agent to spec.ssh.")).toBe("Give an agent or keys with --ssh.");
  expect(hintFor("X")).toBe("");
});

test("replaces methods by commands in remedies", () => {
  expect(
    hintFor("X", "Call ListPlugins for details; call RestartPlugin for the plugin acme to try again."),
  ).toBe("Run `slipway plugins` for details; run `slipway plugins restart acme` to try again.");
  expect(hintFor("X", "Call Negotiate first.")).toBe("Call Negotiate first.");
});
