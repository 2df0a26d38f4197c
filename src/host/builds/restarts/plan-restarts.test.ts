import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { BuildState } from "../../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../../gen/slipway/v1/build_pb.js";
import type { Principal } from "../../access/principal.js";
import { Keyring } from "../../sealing/keyring.js";
import type { LeftBuild } from "../../store/build-store.js";
import { redactSpec } from "../redaction/redact-spec.js";
import { planRestarts } from "./plan-restarts.js";
import { obstacleTo, restartRecord } from "./restart-record.js";

const keyless = new Keyring();
const keyring = new Keyring([Buffer.alloc(32, 7)]);
const ann: Principal = { id: "token:ann", role: "builder", groups: ["team"] };
const rightsOf = (id: string): Principal => (id === ann.id ? ann : { id, role: undefined, groups: [] });
const { QUEUED, PENDING, RUNNING } = BuildState;

interface Left {
  state?: BuildState;
  attempt?: number;
  init?: Parameters<typeof create<typeof BuildSpecSchema>>[1];
  keys?: Keyring;
  bake?: string;
  isLinked?: boolean;
}

/** A build as a host leaves it. */
function left(
  id: string,
  { state = QUEUED, attempt = 1, init, keys = keyless, bake = "", isLinked = false }: Left = {},
): LeftBuild {
  const spec = create(BuildSpecSchema, init);
  const obstacle = obstacleTo([{ spec, shown: redactSpec(spec), isLinked }], keys);
  const record = restartRecord({ id, owner: ann.id }, spec, { obstacle, bake }, keys);
  return { build: create(BuildSchema, { id, state, attempt, owner: ann.id }), record };
}

const secret = { secrets: [{ id: "s", value: Buffer.from("hidden value") }] };

function planOf(builds: LeftBuild[], keys = keyless) {
  const { restarts, lost } = planRestarts(builds, keys, rightsOf);
  return {
    restarts: restarts.map(({ build, waited }) => `${build.id} ${waited ? "waited" : "ran"}`),
    lost: lost.map(({ build, obstacle }) => `${build.id}: ${obstacle}`),
  };
}

it("builds that ran go before those that waited, the oldest first", () => {
  const builds = [left("1"), left("2", { state: RUNNING }), left("3"), left("4", { state: PENDING })];
  expect(planOf(builds)).toEqual({ restarts: ["2 ran", "4 ran", "1 waited", "3 waited"], lost: [] });
});

it("a build is run for its owner with its present rights, as it was given", () => {
  const { restarts } = planRestarts([left("1", { init: { tags: ["a"] } })], keyless, rightsOf);
  expect(restarts[0]).toMatchObject({
    spec: { tags: ["a"] },
    caller: { principal: ann, isLocal: false },
  });
});

it("a build whose owner has lost its role is not started", () => {
  for (const role of ["viewer", undefined] as const) {
    const { restarts, lost } = planRestarts([left("1")], keyless, (id) => ({ id, role, groups: [] }));
    expect(restarts).toEqual([]);
    expect(lost).toMatchObject([{ obstacle: "token:ann may not start builds any more." }]);
  }
});

it("a build is started again only if its owner may still build in its project", () => {
  const ofShop = (id: string): LeftBuild => ({ ...left(id), build: { ...left(id).build, project: "shop" } });
  const planFor = (projects?: Principal["projects"]) => {
    const { restarts, lost } = planRestarts([ofShop("1")], keyless, () => ({ ...ann, projects }));
    return { restarts: restarts.map(({ build }) => build.id), lost: lost.map(({ obstacle }) => obstacle) };
  };
  expect(planFor(new Map([["shop", "builder"]]))).toEqual({ restarts: ["1"], lost: [] });
  const lost = ["token:ann may not start builds in the project shop any more."];
  for (const projects of [undefined, new Map([["shop", "viewer"]]), new Map([["web", "admin"]])] as const)
    expect(planFor(projects as Principal["projects"])).toEqual({ restarts: [], lost });
});

it("a build that was accepted as untrusted stays so, and one whose owner is untrusted now becomes so", () => {
  const trustOf = (untrusted: boolean, isUntrusted?: boolean) => {
    const build = left("1");
    const { restarts } = planRestarts(
      [{ ...build, build: { ...build.build, untrusted } }],
      keyless,
      (): Principal => ({ ...ann, isUntrusted }),
    );
    return restarts[0]!.caller.principal.isUntrusted ?? false;
  };
  expect([trustOf(false), trustOf(true), trustOf(false, true), trustOf(true, true)]).toEqual([
    false,
    true,
    true,
    true,
  ]);
});

it("a build that ran is started once more; its waits are not counted", () => {
  const builds = [
    left("1", { state: RUNNING, attempt: 0 }),
    left("2", { state: RUNNING, attempt: 2 }),
    left("3", { attempt: 2 }),
  ];
  expect(planOf(builds)).toEqual({
    restarts: ["1 ran", "3 waited"],
    lost: ["2: It was attempt 2, the last one."],
  });
});

it("attempts that a host in its stop has left do not count among those after which a build is given up", () => {
  const [stopped, crashed] = [2, 1].map((handovers) => {
    const each = left(`${handovers}`, { state: RUNNING, attempt: 3 });
    return { ...each, record: { ...each.record!, handovers } };
  });
  expect(planOf([stopped!, crashed!])).toEqual({
    restarts: ["2 ran"],
    lost: ["1: It was attempt 3, the last one."],
  });
});

it("an output that a client was reading cannot be read again", () => {
  const init = { outputs: [{ type: "tar", destination: { case: "stream" as const, value: {} } }] };
  expect(planOf([left("1", { init }), left("2", { init, state: RUNNING })])).toEqual({
    restarts: ["1 waited"],
    lost: ["2: It cannot be started again, since a client was reading its output."],
  });
});

it("secrets are stored only encrypted, and need the same key", () => {
  const obstacle =
    "It is not started again, since the host stores no secrets without a state key: spec.secrets.";
  expect(planOf([left("1", { init: secret })])).toEqual({ restarts: [], lost: [`1: ${obstacle}`] });
  const sealed = left("2", { init: secret, keys: keyring });
  expect(JSON.stringify({ ...sealed.record, sealed: sealed.record?.sealed?.data.toString() })).not.toContain(
    "hidden",
  );
  expect(sealed.record?.spec).toBeUndefined();
  expect(planRestarts([sealed], keyring, rightsOf).restarts[0]?.spec.secrets[0]?.value).toEqual(
    new Uint8Array(Buffer.from("hidden value")),
  );
  expect(planOf([sealed])).toEqual({
    restarts: [],
    lost: ["2: It cannot be started again, since the key of its secrets is missing."],
  });
  // A record of another build does not help.
  const moved = { ...sealed, build: create(BuildSchema, { id: "3", state: QUEUED, owner: ann.id }) };
  expect(planOf([moved], keyring).restarts).toEqual([]);
  const given = { ...sealed, build: create(BuildSchema, { id: "2", state: QUEUED, owner: "local" }) };
  const admin = (id: string): Principal => ({ id, role: "admin", groups: [] });
  expect(planRestarts([given], keyring, admin).restarts).toEqual([]);
});

it("a host with a key runs nothing that was stored without it", () => {
  expect(planOf([left("1")], keyring)).toEqual({
    restarts: [],
    lost: ["1: It cannot be started again, since it was stored without the key of this host."],
  });
});

it("targets of a bake are started together, or not at all", () => {
  const builds = [
    left("1", { bake: "k" }),
    left("2", { bake: "k", state: RUNNING, attempt: 2 }),
    left("3", { bake: "l" }),
    left("4", { bake: "l" }),
    left("5", { isLinked: true }),
  ];
  const { restarts, lost } = planOf(builds);
  expect(restarts).toEqual(["3 waited", "4 waited"]);
  expect(lost).toEqual([
    "1: Another target of its bake cannot be started again.",
    "2: It was attempt 2, the last one.",
    "5: Targets of a bake that use results of each other are not started again.",
  ]);
});

it("a build of a host that stored nothing has ended with it", () => {
  expect(planOf([{ build: create(BuildSchema, { id: "1", state: RUNNING }), record: undefined }])).toEqual({
    restarts: [],
    lost: ["1: "],
  });
});
