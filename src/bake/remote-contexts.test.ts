import { expect, test } from "vitest";
import { planBake } from "./plan-bake.js";
import { planResponse } from "./plan-response.js";

const git = "https://host/user/repo.git#main:part";
const archive = "https://host/source.tar.gz";

/** The targets of a definition that is at a URL. */
async function targetsAt(contextUrl: string, target: Record<string, unknown>, others = {}) {
  const text = JSON.stringify({ target: { default: target, ...others } });
  const plan = await planBake({
    files: [{ name: "docker-bake.json", text }],
    targets: [],
    overrides: [],
    variables: {},
    environment: {},
    dotEnv: {},
    builtIn: { BAKE_CMD_CONTEXT: "cwd://" },
    contextUrl,
    listOnly: false,
  });
  return planResponse(plan).targets;
}

async function targetAt(contextUrl: string, target: Record<string, unknown>, others = {}) {
  const found = (await targetsAt(contextUrl, target, others)).find(({ name }) => name === "default");
  const { spec, local } = found!;
  return {
    context: spec?.context?.source.value,
    dockerfile: spec?.dockerfile?.source.value,
    named: Object.fromEntries(
      Object.entries(spec?.namedContexts ?? {}).map(([name, { source }]) => [name, source.value]),
    ),
    attributes: spec?.frontendAttributes,
    local: { context: local?.context, dockerfile: local?.dockerfile, named: local?.namedContexts },
  };
}

const nothingLocal = { context: "", dockerfile: "", named: {} };

test.each([
  [".", "https://host/user/repo.git#main:part"],
  ["./", "https://host/user/repo.git#main:part"],
  ["app", "https://host/user/repo.git#main:part/app"],
  ["./app/../lib/", "https://host/user/repo.git#main:part/lib"],
  ["/app", "https://host/user/repo.git#main:part/app"],
  ["https://other/x.git", "https://other/x.git"],
])("the context %s is in the repository", async (context, url) => {
  const target = await targetAt(git, { context, dockerfile: "other.Dockerfile" });
  expect(target).toMatchObject({ context: url, dockerfile: "other.Dockerfile", local: nothingLocal });
});

test.each([
  ["https://host/repo.git", "https://host/repo.git#:app"],
  ["git@host:user/repo.git#v1", "git@host:user/repo.git#v1:app"],
  [
    "https://host/repo.git?branch=b&checksum=abc",
    "https://host/repo.git?checksum=abc&ref=refs%2Fheads%2Fb&subdir=app",
  ],
  ["https://host/repo.git?subdir=part#v1", "https://host/repo.git?subdir=part%2Fapp&ref=v1"],
])("a folder of %s is %s", async (url, folder) => {
  expect(await targetAt(url, { context: "app" })).toMatchObject({ context: folder });
});

test("named contexts are in the repository, unless they are something else", async () => {
  const contexts = {
    root: ".",
    lib: "lib",
    image: "docker-image://alpine",
    own: "cwd://own",
    layout: "oci-layout://layout",
    used: "target:other",
  };
  const target = await targetAt(git, { contexts }, { other: {} });
  expect(target.named).toEqual({ root: git, lib: `${git}/lib`, image: "alpine", used: "other" });
  expect(target.local.named).toEqual({ own: "own", layout: "oci-layout://layout" });
});

test("a folder of an archive is an attribute, and its Dockerfile is named from the root of the archive", async () => {
  expect(await targetAt(archive, {})).toMatchObject({
    context: archive,
    dockerfile: "Dockerfile",
    attributes: {},
  });
  expect(await targetAt(archive, { context: "app" })).toMatchObject({
    context: archive,
    dockerfile: "app/Dockerfile",
    attributes: { contextsubdir: "app" },
  });
});

test("what begins with cwd:// is on the client's machine", async () => {
  const inline = await targetAt(git, { context: "cwd://", "dockerfile-inline": "FROM scratch" });
  expect(inline).toMatchObject({ context: undefined, local: { context: ".", dockerfile: "" } });
  const beside = await targetAt(git, { context: "cwd://app", dockerfile: "cwd://mine" });
  expect(beside).toMatchObject({ context: undefined, local: { context: "app", dockerfile: "../mine" } });
  const remote = await targetAt(git, { context: "app", dockerfile: "cwd://mine" });
  expect(remote).toMatchObject({
    context: `${git}/app`,
    dockerfile: undefined,
    local: { dockerfile: "mine" },
  });
});

test("a single file has no folder: contexts are on the client's machine", async () => {
  expect(await targetAt("", { context: "app" })).toMatchObject({
    context: undefined,
    local: { context: "app" },
  });
});

test.each([
  [
    git,
    { context: "../x" },
    'target "default": the context ../x is outside of the folder of the remote definition',
  ],
  [git, { contexts: { a: "a/../.." } }, "outside of the folder"],
  [git, { context: "cwd://" }, "cannot have the Dockerfile Dockerfile of a remote definition"],
  [archive, { contexts: { a: "lib" } }, 'the context "a" cannot be the folder lib of an archive'],
  [git, { context: "-" }, "context from stdin not allowed"],
])("at %s, %j is refused", async (url, target, message) => {
  await expect(targetsAt(url, target)).rejects.toThrow(message);
});
