import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type DescFile, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { beforeAll, expect, test } from "vitest";

/** The packages of the published protocols, and which others each may import. */
const packages: Record<string, string[]> = {
  "slipway.common.v1": [],
  "slipway.build.v1": ["slipway.common.v1"],
  "slipway.driver.v1": ["slipway.common.v1"],
  "slipway.nativebuild.v1": ["slipway.build.v1", "slipway.common.v1", "slipway.driver.v1"],
  "slipway.policy.v1": ["slipway.build.v1", "slipway.common.v1"],
  "slipway.v1": ["slipway.build.v1", "slipway.common.v1"],
};

const gen = join(import.meta.dirname, "../src/gen");
const files: DescFile[] = [];

beforeAll(async () => {
  for (const path of await readdir(gen, { recursive: true })) {
    if (!/^slipway\/.*_pb\.ts$/.test(path)) continue;
    const exported: Record<string, { kind?: string }> = await import(join(gen, path));
    const file = Object.values(exported).find(({ kind }) => kind === "file") as DescFile;
    // The host's own records are not published.
    if (!file.proto.package.startsWith("slipway.state.")) files.push(file);
  }
});

const packageOf = ({ proto }: DescFile) => proto.package;

function withNested(messages: DescMessage[]): DescMessage[] {
  return messages.flatMap((message) => [message, ...withNested(message.nestedMessages)]);
}

const messages = () => files.flatMap((file) => withNested(file.messages));

test("every package imports only what it may", () => {
  expect([...new Set(files.map(packageOf))].sort()).toEqual(Object.keys(packages).sort());
  for (const file of files) {
    const imported = file.dependencies.map(packageOf).filter((name) => name !== "google.protobuf");
    const allowed = [packageOf(file), ...packages[packageOf(file)]!];
    expect(
      imported.filter((name) => !allowed.includes(name)),
      file.name,
    ).toEqual([]);
  }
});

test("no message, enum or service has the name of another, in all packages", () => {
  const names = [
    ...messages().map(({ name }) => name),
    ...files.flatMap(({ enums, services }) => [...enums, ...services].map(({ name }) => name)),
    ...messages().flatMap(({ nestedEnums }) => nestedEnums.map(({ name }) => name)),
  ];
  expect(names.length).toBeGreaterThan(200);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test("no choice has a bool: it would be chosen when it is false, too", () => {
  const bools = messages().flatMap(({ oneofs }) =>
    oneofs.flatMap(({ fields }) => fields.filter(({ scalar }) => scalar === ScalarType.BOOL)),
  );
  expect(bools.map(String)).toEqual([]);
});

test("no request of a stream has an enum: in JSON, unknown names of one would be skipped silently", () => {
  const enumsIn = (desc: DescMessage, above: DescMessage[] = []): string[] =>
    above.includes(desc)
      ? []
      : desc.fields.flatMap((field) => [
          ...(field.enum ? [`${desc.name}.${field.name}`] : []),
          ...(field.message ? enumsIn(field.message, [...above, desc]) : []),
        ]);
  const methods = files
    .filter((file) => packageOf(file) === "slipway.v1")
    .flatMap(({ services }) => services.flatMap((service) => service.methods));
  expect(methods.length).toBeGreaterThan(40);
  const streams = methods.filter(({ methodKind }) => methodKind !== "unary");
  expect(streams.flatMap(({ name, input }) => enumsIn(input).map((path) => `${name}: ${path}`))).toEqual([]);
});

test("cancelling has one spelling", () => {
  const names = [
    ...messages().flatMap(({ fields }) => fields.map(({ name }) => name)),
    ...files.flatMap(({ enums }) => enums.flatMap(({ values }) => values.map(({ name }) => name))),
  ];
  expect(names.filter((name) => /cancell/i.test(name))).toEqual([]);
  expect(names).toContain("BUILD_STATE_CANCELED");
});
