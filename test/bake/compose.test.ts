import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { planBake } from "../../src/bake/plan-bake.js";
import { printable } from "../../src/bake/print.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, must, run, tempDir } from "../lab/index.js";
import { destroyState, makeState } from "../lab/state.js";

const environment = { HOME_REGISTRY: "r.test", EMPTY: "", SECRET: "x" };

/** Definitions that buildx accepts, by what they show. */
const accepted: Record<string, Record<string, string>> = {
  "every attribute of a build": {
    "compose.yaml": `
x-common: &common
  image: \${REG:-docker.io}/app:\${TAG-1}
services:
  web.app:
    <<: *common
    build: ./dir
  db: { image: db }
  api:
    image: api
    environment: [FOO=bar, NONE]
    build:
      context: ../ctx
      dockerfile: My.Dockerfile
      target: t1
      args: [A=1, FOO, NOPE, HOME_REGISTRY]
      labels: { l1: v1, n: 5 }
      tags: [a:1, a:2]
      platforms: [linux/amd64]
      cache_from: [user/app:cache, "type=local,src=dir"]
      cache_to: ["type=local,dest=dir"]
      network: none
      shm_size: 128mb
      ulimits: { nofile: { soft: 10, hard: 20 } }
      extra_hosts: ["somehost:162.242.195.82", "myhost=1.2.3.4"]
      ssh: ["key=./key"]
      secrets: [s1, { source: s2, target: t2 }]
      additional_contexts: { base: docker-image://alpine, lib: service:web.app, dir: ./x }
      no_cache: true
      pull: true
      provenance: mode=max
      sbom: true
  inline:
    build:
      dockerfile_inline: |
        FROM scratch
      args: { X: 1.5, Y: true, Z: null, W: "\${UNSET}", D: $$x, H: 0x10, E: 1e3, N: yes }
secrets:
  s1: { file: ./secret.txt }
  s2: { environment: SECRET }
`,
  },
  "the extension x-bake": {
    "compose.yaml": `
services:
  a:
    build:
      context: .
      tags: [a:1]
      platforms: [linux/amd64]
      cache_to: ["type=local,dest=a"]
      x-bake:
        tags: [b:1, a:1]
        platforms: linux/arm64 linux/amd64
        output: type=oci,dest=out
        cache-from: [user/app:cache]
        cache-to: ["type=local,dest=b"]
        secret: ["id=x,env=SECRET"]
        no-cache-filter: stage1
        no-cache: false
        pull: true
        contexts: { other: "service:b.c", alpine: docker-image://alpine }
  b.c: { build: b }
`,
  },
  "forms of values": {
    "compose.yml": `
services:
  a:
    build:
      context: ./dir/
      labels: [a=b, c]
      shm_size: 65536
      ulimits: { nofile: { soft: 5, hard: -1 } }
      extra_hosts: { h: 1.2.3.4, g: [1.1.1.1, 2.2.2.2] }
      additional_contexts: [a=./b, c=https://x.test/y]
  c: { build: { context: ../x/../y } }
  d: { build: { context: /abs } }
  e: { build: "https://github.com/x/y.git#main" }
  f:
    profiles: [never]
    build:
      args:
        F: "\${Z:-a b}"
        G: "\${Z+x}"
        H: "\${HOME_REGISTRY:+y}"
        I: "\${EMPTY-x}\${EMPTY:-\${HOME_REGISTRY}/\${Z:-1}}"
        J: "\${EMPTY+set}$$HOME"
`,
  },
  "several files, and what one resets": {
    "a.yaml": `
services:
  a:
    image: a
    build: { context: ., args: { A: 1, B: 2 }, tags: ["x:1"], platforms: [linux/amd64], cache_from: [c1] }
  b:
    extends: { service: a }
    image: b
    build: { args: [C=3] }
`,
    "b.yaml": `
services:
  a:
    build: { args: [B=3, C], tags: ["x:2"], platforms: [linux/arm64], cache_from: [c2], target: z }
  b:
    build: { tags: !override ["y:1"], args: !reset null }
  c: { image: c, build: !reset null }
  d: { build: { context: d } }
`,
  },
  "a service that extends one of another file": {
    "a.yaml": "services: { base: { image: base, build: { context: base, args: { A: 1 } } } }\n",
    "b.yaml":
      "services: { own: { extends: { file: a.yaml, service: base }, image: own, build: { args: { B: 2 } } } }\n",
  },
  "Compose and HCL": {
    "compose.yaml": "services: { a: { build: ., image: a }, b: { build: b } }\n",
    "docker-bake.hcl": 'target "a" { tags = ["h:1"] }\ntarget "h" { inherits = ["b"] }\n',
  },
};

/** Definitions that buildx refuses, and what our message says. */
const refused: Record<string, [text: string, message: string]> = {
  "an unknown attribute": [
    "services: { a: { build: { foo: 1 } } }",
    "services.a.build additional properties 'foo' not allowed",
  ],
  "a required variable": [
    `services: { a: { build: "\${X:?needed}" } }`,
    "required variable X is missing a value: needed",
  ],
  "a wrong variable": [
    `services: { a: { build: "\${X-" } }`,
    "invalid interpolation format for services.a.build",
  ],
  "an unknown secret": ["services: { a: { build: { secrets: [q] } } }", "refers to undefined build secret q"],
  "an external secret": [
    "services: { a: { build: { secrets: [q] } } }\nsecrets: { q: { external: true } }",
    "unsupported external secret",
  ],
  "no service": ["foo: 1", "empty compose file"],
  "a list": ["[1]", "top-level object must be a mapping"],
  "services that are a list": ["services: [1]", "services must be a mapping"],
  "platforms that are no list": [
    "services: { a: { build: { platforms: linux/amd64 } } }",
    "services.a.build.platforms must be a array",
  ],
  "a name with a space": [
    'services: { "a b": { build: . } }',
    "services additional properties 'a b' not allowed",
  ],
  "an unknown limit": ["services: { a: { build: { ulimits: { x: 1 } } } }", '"x" is not a limit'],
  "a circle of extensions": [
    "services: { a: { extends: b, build: . }, b: { extends: a } }",
    "circular reference",
  ],
  "no image and no build": ["services: { a: { command: x } }", "has neither an image nor a build context"],
  "a file that does not parse": [
    "services:\n  a:\n    build: [\n",
    "f.yaml:4,1: Invalid YAML; unexpected end of the stream within a flow collection",
  ],
};

let folder = "";
beforeAll(async () => {
  folder = await makeState("compose");
  await writeFile(join(folder, "secret.txt"), "");
  // buildx reads secrets and keys when it prints.
  const { privateKey } = generateKeyPairSync("ed25519");
  await writeFile(join(folder, "key"), privateKey.export({ type: "pkcs8", format: "pem" }));
  return () => destroyState(folder);
});

/** What `bake --print` of buildx answers. */
function theirs(files: readonly string[]) {
  const env = { PATH: process.env.PATH, HOME: folder, BUILDX_CONFIG: folder, ...environment };
  const args = files.flatMap((file) => ["--file", file]);
  return run(lab().buildx, ["bake", "--print", ...args, "*"], { env, cwd: folder });
}

async function ours(files: Readonly<Record<string, string>>): Promise<unknown> {
  const { resolved } = await planBake({
    files: Object.entries(files).map(([name, text]) => ({ name, text })),
    targets: ["*"],
    overrides: [],
    variables: {},
    environment,
    dotEnv: {},
    builtIn: { BAKE_CMD_CONTEXT: "cwd://", BAKE_LOCAL_PLATFORM: "linux/amd64" },
    contextUrl: "",
    listOnly: false,
  });
  return JSON.parse(JSON.stringify(printable(resolved!)));
}

test.each(Object.entries(accepted))("%s: the targets are those of buildx", async (_, files) => {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { code, stdout, stderr } = await theirs(Object.keys(files));
  expect(code, stderr).toBe(0);
  expect(await ours(files)).toEqual(JSON.parse(stdout));
});

test.each(Object.entries(refused))("%s is refused, as by buildx", async (_, [text, message]) => {
  await writeFile(join(folder, "f.yaml"), text);
  expect((await theirs(["f.yaml"])).code).not.toBe(0);
  await expect(ours({ "f.yaml": text })).rejects.toThrow(message);
});

test("a limit without soft and hard has both; buildx makes it 0", async () => {
  const found = await ours({ "compose.yaml": "services: { a: { build: { ulimits: { nofile: 5 } } } }" });
  expect(found).toMatchObject({ target: { a: { ulimits: ["nofile=5:5"] } } });
});

test("the command line builds the services of a compose.yaml with the variables of .env", async () => {
  const host = await startHost();
  const builder = `compose-${randomUUID()}`;
  const endpoint = lab().buildkitd.address;
  await host.builders.createBuilder({ name: builder, driver: "remote", node: { endpoint } });
  const context = await contextOf({
    ".env": "# comment\nNAME=lib\nexport FILE=\"$NAME.txt\" # comment\nPLAIN='$NAME'\nNOT_USED=1\n",
    "compose.yaml": `services:
  lib:
    build: { context: ., dockerfile_inline: "FROM scratch\\nCOPY compose.yaml /base" }
  app:
    build:
      context: .
      dockerfile_inline: "FROM scratch\\nARG FILE\\nCOPY --from=lib /base /$$FILE"
      args: { FILE: "$FILE", PLAIN: "$PLAIN" }
      additional_contexts: { lib: service:lib }
`,
  });
  const slipway = slipwayOf(host);
  const printed = await slipway(["bake", "--print", "app"], { cwd: context });
  expect(printed.code, printed.stderr).toBe(0);
  const home = await tempDir();
  const env = { PATH: process.env.PATH, HOME: home, BUILDX_CONFIG: home };
  const expected = await must(lab().buildx, ["bake", "--print", "app"], { env, cwd: context });
  expect(JSON.parse(printed.stdout)).toEqual(JSON.parse(expected.stdout));

  const set = ["--set", `app.output=type=local,dest=${join(home, "out")}`, "--allow", `fs=${home}`];
  const built = await slipway(["--builder", builder, "bake", ...set, "app"], { cwd: context });
  expect(built.code, built.stderr).toBe(0);
  expect(await readFile(join(home, "out/lib.txt"), "utf8")).toContain("services:");
});
