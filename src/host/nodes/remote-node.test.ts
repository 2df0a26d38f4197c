import { networkInterfaces } from "node:os";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { OptionType } from "../../gen/slipway/common/v1/option_pb.js";
import { DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { NodeSpecSchema } from "../../gen/slipway/v1/builder_pb.js";
import { checkRemoteNode } from "./remote-node.js";

const aware = create(DriverDescriptorSchema, {
  name: "aware",
  endpoint: { schemes: ["tcp", "unix"], remoteSchemes: ["tcp", "https"] },
  options: [
    { name: "memory" },
    { name: "ca", type: OptionType.PATH },
    { name: "helper", localOnly: true },
    { name: "env.*", localOnly: true },
  ],
});
const unaware = create(DriverDescriptorSchema, { name: "unaware", endpoint: { schemes: ["tcp"] } });

const refusal = async (descriptor: typeof aware, endpoint: string, options: Record<string, string> = {}) => {
  try {
    await checkRemoteNode(descriptor, create(NodeSpecSchema, { endpoint, options }));
  } catch (error) {
    const { reason, fields } = readTypedError(error);
    return { reason, fields: fields?.map(({ field }) => field) };
  }
};

describe("a client on another machine", () => {
  it.each([
    "tcp://192.0.2.1:1234",
    "https://192.0.2.1",
    "tcp://[2001:db8::1]:1234",
    "tcp://[64:ff9b::192.0.2.1]:1",
  ])("may use the endpoint %s", async (endpoint) => {
    expect(await refusal(aware, endpoint, { memory: "1g" })).toBeUndefined();
  });

  it.each([
    "",
    "default",
    "/run/buildkit.sock",
    "unix:///run/docker.sock",
    "ssh://root@192.0.2.1",
    "tcp://user@192.0.2.1:1",
    "tcp://192.0.2.1:2376?certPath=/etc",
    "tcp://127.0.0.1:2375",
    "tcp://127.1:2375",
    "tcp://localhost:2375",
    "tcp://0.0.0.0:2375",
    "tcp://[::1]:2375",
    "tcp://[::]:2375",
    "tcp://[::ffff:127.0.0.1]:2375",
    "https://169.254.169.254/latest",
    "tcp://[fe80::1]:1",
    "tcp://[::127.0.0.1]:1",
    "tcp://[64:ff9b::127.0.0.1]:1",
    "tcp://[64:ff9b::a9fe:a9fe]:1",
    "tcp://[64:ff9b:1::7f00:1]:1",
    "tcp://100.100.100.200:80",
    "tcp://[::ffff:100.100.100.200]:80",
    "tcp://[fd00:ec2::254]:80",
    "tcp://builder.invalid:1",
  ])("may not use the endpoint %j", async (endpoint) => {
    expect(await refusal(aware, endpoint)).toEqual({ reason: "LOCAL_ONLY", fields: ["node.endpoint"] });
  });

  it("may not use an address of the machine's interfaces, in any form", async () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const hosts = own.flatMap(({ address, family }) =>
      family === "IPv4" ? [address, `[::ffff:${address}]`, `[64:ff9b::${address}]`] : [`[${address}]`],
    );
    expect(hosts).toContain("127.0.0.1");
    for (const host of hosts) {
      expect(await refusal(aware, `tcp://${host}:1`), host).toMatchObject({ reason: "LOCAL_ONLY" });
    }
  });

  it("learns that a name does not resolve", async () => {
    const spec = create(NodeSpecSchema, { endpoint: "tcp://builder.invalid:1" });
    await expect(checkRemoteNode(aware, spec)).rejects.toThrow(
      'The host cannot resolve the name "builder.invalid".',
    );
  });

  it("may not use an endpoint of a driver without declarations", async () => {
    expect(await refusal(unaware, "tcp://192.0.2.1:1")).toMatchObject({ reason: "LOCAL_ONLY" });
  });

  it("may not set an option that is a path, or that is for local clients only", async () => {
    const options = { memory: "1g", ca: "/ca.pem", helper: "sh", "env.X": "1", unknown: "x" };
    expect(await refusal(aware, "tcp://192.0.2.1:1", options)).toEqual({
      reason: "LOCAL_ONLY",
      fields: ["node.options[ca]", "node.options[helper]", "node.options[env.X]"],
    });
  });
});
