import { createHash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { OpSchema } from "../gen/pb/ops_pb.js";
import { type ContextUrl, parseContextUrl } from "../inputs/context-url.js";
import { gitDefinition, unpackedDefinition } from "./source-definition.js";

type GitUrl = Extract<ContextUrl, { kind: "git" }>;

// The identifiers and addresses are those of BuildKit's llb.Git.
test.each([
  ["https://host/user/repo.git", "git://host/user/repo.git", "https://host/user/repo.git"],
  [
    "https://u:p@host:8443/repo.git#v1:a/b",
    "git://host:8443/repo.git#v1:a/b",
    "https://u:p@host:8443/repo.git",
  ],
  ["github.com/user/repo#:docs", "git://github.com/user/repo#:docs", "https://github.com/user/repo"],
  ["git@host:user/repo.git#main", "git://host/user/repo.git#main", "git@host:user/repo.git"],
  ["ssh://git@host:22/repo.git", "git://host:22/repo.git", "ssh://git@host:22/repo.git"],
  ["git://host/repo?tag=v1", "git://host/repo#refs/tags/v1", "git://host/repo"],
])("%s is %s at %s", (text, identifier, address) => {
  const url = parseContextUrl(text) as GitUrl;
  const op = fromBinary(OpSchema, gitDefinition(url).def[0]!).op;
  expect(op).toMatchObject({ case: "source", value: { identifier, attrs: { "git.fullurl": address } } });
  const { attrs } = op.value as { attrs: Record<string, string> };
  expect(attrs["git.mountsshsock"]).toBe(url.transport === "ssh" ? "default" : undefined);
});

test("a commit that is asked for is checked", () => {
  const url = parseContextUrl("https://host/repo.git?commit=abcdef") as GitUrl;
  const { op } = fromBinary(OpSchema, gitDefinition(url).def[0]!);
  expect(op).toMatchObject({ value: { attrs: { "git.checksum": "abcdef" } } });
});

test("each operation takes the result of the one before, by the digest of its bytes", () => {
  const { def, metadata } = unpackedDefinition("http://host/x.tar");
  const digests = def.map((bytes) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`);
  const inputs = def.map((bytes) => fromBinary(OpSchema, bytes).inputs.map(({ digest }) => digest));
  expect(inputs).toEqual([[], [digests[0]], [digests[1]]]);
  expect(fromBinary(OpSchema, def[2]!).op.case).toBeUndefined();
  expect(Object.keys(metadata)).toEqual(digests.slice(0, 2));
});
