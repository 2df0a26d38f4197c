import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { lab } from "../../lab/index.js";
import { destroyState, makeState } from "../../lab/state.js";
import { bundled, testDriver } from "../test-driver.js";

/** A kubeconfig of a cluster that does not run. */
const unreachable = {
  apiVersion: "v1",
  kind: "Config",
  "current-context": "unreachable",
  contexts: [{ name: "unreachable", context: { cluster: "unreachable", user: "me" } }],
  clusters: [{ name: "unreachable", cluster: { server: "https://127.0.0.1:1" } }],
  users: [{ name: "me", user: { token: "none" } }],
};

let folder: string;
beforeAll(async () => {
  folder = await makeState("conf");
  writeFileSync(join(folder, "unreachable.json"), JSON.stringify(unreachable));
});
afterAll(() => destroyState(folder));

const endpointOf = (kubeconfig: string) => `kubernetes://?${new URLSearchParams({ kubeconfig })}`;

testDriver({
  driver: "kubernetes",
  folder: () => bundled("kubernetes"),
  config() {
    const { kubeconfig, image } = lab().kubernetes;
    return { endpoint: endpointOf(kubeconfig), options: { image } };
  },
  unreachable: () => ({ endpoint: endpointOf(join(folder, "unreachable.json")) }),
});
