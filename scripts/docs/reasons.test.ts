import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { reasonGroups } from "../../src/errors/reasons.js";
import { checkReasons } from "./check-reasons.js";
import { fillSections, pages, sectionsOf } from "./generated-sections.js";
import { driverReasons } from "./reason-tables.js";
import { namesIn } from "./scan-reasons.js";

const isSource = (path: string) =>
  path.endsWith(".ts") &&
  !/\.test(-helper)?\.ts$|^src\/(gen|errors\/reasons|conformance\/(client\/)?checks)\b|\/src\/reasons\.ts$/.test(
    path,
  );

/** The TypeScript sources of a folder, except tests, generated code, the lists, and code that only expects reasons. */
function sourcesOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return Object.fromEntries(paths.filter(isSource).map((path) => [path, readFileSync(path, "utf8")]));
}

const { protocol, diagnostics, ...hostGroups } = reasonGroups;
const sources = sourcesOf("src");
const isOfSdk = (path: string) => path.startsWith("src/driver/");
const pick = (keep: (path: string) => boolean) =>
  Object.fromEntries(Object.entries(sources).filter(([path]) => keep(path)));

test("the host, the clients and the command line raise the reasons of their lists", () => {
  const host = pick((path) => !isOfSdk(path));
  const own = Object.values(hostGroups);
  expect(checkReasons({ sources: host, own, shared: [protocol, diagnostics] })).toEqual([]);
});

test("the driver SDK raises the reasons of the protocol's lists", () => {
  // The host has the same pages.
  const sdk = pick((path) => isOfSdk(path) || path === "src/requests/pages.ts");
  expect(checkReasons({ sources: sdk, own: [protocol, diagnostics] })).toEqual([]);
});

test.each(Object.keys(driverReasons))("plugins/%s raises the reasons of its list", (name) => {
  const shared = [driverReasons.engine!, protocol, diagnostics];
  const own = [driverReasons[name]!];
  expect(checkReasons({ sources: sourcesOf(`plugins/${name}/src`), own, shared })).toEqual([]);
});

/** Sources in other languages, without tests, examples, programs for the conformance kit and generated code. */
function foreignSourcesOf(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return paths.filter(
    (path) =>
      /\.(go|py|java)$/.test(path) &&
      !/_test\.go$|_pb2|\.pb\.go$|\/(tests?|example|conformance|sample|build|target)\//.test(path),
  );
}

test.each([
  ["sdk/go", [protocol, diagnostics, hostGroups.drivers]],
  ["sdk/python", [protocol, diagnostics, hostGroups.drivers]],
  ...["go", "python", "java"].map((name) => [`clients/${name}`, Object.values(reasonGroups)] as const),
] as const)("%s raises listed reasons", (folder, lists) => {
  const listed = new Set(lists.flatMap((list) => Object.keys(list)));
  const mentions = foreignSourcesOf(folder).flatMap((path) =>
    namesIn(readFileSync(path, "utf8")).map((name) => ({ path, name })),
  );
  expect(mentions.length).toBeGreaterThan(0);
  expect(mentions.filter(({ name }) => !listed.has(name))).toEqual([]);
});

test("a reason without an entry, an entry without a reason and a wrong code are found", () => {
  const source = `
    throw typedError({ code: Code.NotFound, reason: "A_KNOWN", message });
    throw typedError({ code: Code.NotFound, reason: isLate ? "TIMEOUT" : "A_KNOWN", message });
    throw invalidField("x", "A_NEW", message);
    if (reason === "A_COMPARED") show({ reason: "A_KNOWN", message: "some words" });
    show(process.env["DOCKER_HOST"]);`;
  const entry = { codes: [Code.NotFound], meaning: "" };
  const own = [{ A_KNOWN: { codes: [Code.Internal], meaning: "" }, A_COMPARED: entry, A_UNUSED: entry }];
  expect(checkReasons({ sources: { "a.ts": source }, own })).toEqual([
    "a.ts: A_KNOWN has the code NotFound, which its entry lacks",
    "a.ts: TIMEOUT is in no list",
    "a.ts: A_KNOWN has the code NotFound, which its entry lacks",
    "a.ts: A_NEW is in no list",
    "A_COMPARED is listed but never raised",
    "A_UNUSED is listed but never raised",
  ]);
});

test.each(pages)("the generated sections of %s are up to date: npm run generate:docs", (page) => {
  const text = readFileSync(page, "utf8");
  expect(fillSections(text)).toBe(text);
});

test("every list except that of the command line is in one document", () => {
  const lists = [...Object.keys(reasonGroups), ...Object.keys(driverReasons)];
  const sections = pages.flatMap((page) => sectionsOf(readFileSync(page, "utf8")));
  const shown = sections.filter((name) => lists.includes(name));
  expect(shown.sort()).toEqual(lists.filter((name) => name !== "command-line").sort());
});
