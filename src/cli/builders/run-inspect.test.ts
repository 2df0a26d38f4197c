import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { BuilderInstanceSchema } from "../../gen/slipway/v1/builder_pb.js";
import { builderJson } from "./node-state.js";
import { describe } from "./run-inspect.js";

const builder = create(BuilderInstanceSchema, {
  name: "far",
  nodes: [
    {
      spec: {
        name: "far0",
        options: { servername: "far.example", "default-load": "false", "env.B": "1" },
        daemonFiles: { "buildkitd.toml": new TextEncoder().encode("debug = true") },
      },
      daemonFiles: [
        { path: "a.pem", sizeBytes: 1n, digest: "sha256:ca97" },
        { path: "buildkitd.toml", sizeBytes: 12n, digest: "sha256:3e21" },
      ],
      secretOptions: ["env.A"],
    },
  ],
});

test("options of a node are sorted by their names, and files have their content where it is known", () => {
  const text = describe(builder);
  expect(text).toMatch(
    /^Driver Options: +default-load="false" env\.A="<redacted>" env\.B="1" servername="far\.example"$/m,
  );
  expect(text).toMatch(/^File#a\.pem:\n +1 bytes, sha256:ca97\nFile#buildkitd\.toml:\n +> debug = true$/m);
  expect(JSON.stringify(builderJson(builder))).toContain(
    '"DriverOpts":{"default-load":"false","env.A":"<redacted>","env.B":"1","servername":"far.example"}',
  );
});

test("what a driver says of its builder is shown", () => {
  const west = create(BuilderInstanceSchema, { name: "west", driver: "docker", description: "in the west" });
  expect(describe(west)).toMatch(/^Name: +west\nDriver: +docker\nDescription: +in the west$/m);
  expect(builderJson(west)).toMatchObject({ Description: "in the west" });
  expect(describe(builder)).not.toContain("Description");
});
