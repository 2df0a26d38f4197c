import { create, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import { expect, test, vi } from "vitest";
import { PeerSchema } from "../gen/slipway/common/v1/capability_pb.js";
import { HostService } from "../gen/slipway/v1/host_pb.js";
import { lazyDescriptor } from "./lazy-descriptors.js";

test("makes a description once, when something of it is read", () => {
  const make = vi.fn(() => PeerSchema);
  const lazy = lazyDescriptor(make);
  expect(make).not.toHaveBeenCalled();
  expect(lazy.typeName).toBe(PeerSchema.typeName);
  expect(String(lazy)).toBe(String(PeerSchema));
  const { toString: _, ...others } = PeerSchema;
  expect(lazy).toMatchObject(others);
  expect(make).toHaveBeenCalledOnce();
});

test("has every property of a description of any kind", () => {
  const { file } = HostService;
  const kinds = [file, file.messages[0]!, file.enums[0]!, HostService];
  for (const desc of kinds)
    for (const name of Object.keys(desc) as (keyof typeof desc)[])
      expect(lazyDescriptor(() => desc)[name], name).toBe(desc[name]);
});

test("serves to encode and decode", () => {
  const lazy = lazyDescriptor(() => PeerSchema);
  const peer = create(lazy, { name: "a", version: "1" });
  expect(fromBinary(lazy, toBinary(PeerSchema, peer))).toEqual(peer);
  expect(toJson(lazy, peer)).toEqual({ name: "a", version: "1" });
});
