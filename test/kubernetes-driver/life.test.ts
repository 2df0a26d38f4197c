import { expect, it } from "vitest";
import { driver } from "../../plugins/kubernetes/src/driver.js";
import { NodeState } from "../../src/driver/index.js";
import { api, call, namespace, node } from "./harness.js";

it("creates, stops, starts and removes a node, and reports its state after each step", async () => {
  const config = await node({ options: { namespace: await namespace() } });
  const inspect = () => driver.inspect(config, call());
  expect(await inspect()).toMatchObject({ state: NodeState.ABSENT, reason: "NOT_CREATED" });

  const boot = call();
  expect(await driver.bootstrap(config, boot)).toMatchObject({ state: NodeState.RUNNING });
  expect(boot.logs().join("\n")).toContain("Successfully assigned");
  const status = await inspect();
  expect(status).toMatchObject({ state: NodeState.RUNNING, changedFields: [] });
  expect(status.dynamicNodes).toMatchObject([
    { name: expect.stringMatching(/^kube0-/), state: NodeState.RUNNING },
  ]);

  expect(await driver.stop!(config, { ...call(), force: false })).toMatchObject({ state: NodeState.STOPPED });
  expect(await driver.bootstrap(config, call())).toMatchObject({ state: NodeState.RUNNING });

  const options = { ...call(), force: false, keepState: false, keepDaemon: false };
  expect(await driver.remove(config, options)).toEqual({ removed: ["Deployment kube0"], kept: [] });
  expect(await inspect()).toMatchObject({ state: NodeState.ABSENT });
  expect(await driver.remove(config, options)).toEqual({ removed: [], kept: [] });
  const { items } = await api<{ items: unknown[] }>(
    "GET",
    `/api/v1/namespaces/${config.options.namespace}/pods`,
  );
  expect(items).toEqual([]);
});
