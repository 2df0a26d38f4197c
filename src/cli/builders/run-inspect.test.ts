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
        daemonFiles: { "z.pem": new TextEncoder().encode("z"), "a.pem": new TextEncoder().encode("a") },
      },
      secretOptions: ["env.A"],
    },
  ],
});

test("options and files of a node are sorted by their names", () => {
  const text = describe(builder);
  expect(text).toMatch(
    /^Driver Options: +default-load="false" env\.A="<redacted>" env\.B="1" servername="far\.example"$/m,
  );
  expect(text.match(/^File#.*:/gm)).toEqual(["File#a.pem:", "File#z.pem:"]);
  expect(JSON.stringify(builderJson(builder))).toContain(
    '"DriverOpts":{"default-load":"false","env.A":"<redacted>","env.B":"1","servername":"far.example"}',
  );
});
