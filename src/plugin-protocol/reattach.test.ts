import { expect, it } from "vitest";
import { formatReattach, parseReattach, type Reattach } from "./reattach.js";

const reattach: Reattach = {
  protocol: "grpc",
  protocolVersion: 1,
  pid: 4711,
  network: "unix",
  address: "/tmp/slipway-plugin-x/plugin4711",
};
const text = formatReattach(reattach);

it("has go-plugin's form", () => {
  expect(JSON.parse(text)).toEqual({
    Protocol: "grpc",
    ProtocolVersion: 1,
    Pid: 4711,
    Test: true,
    Addr: { Network: "unix", String: "/tmp/slipway-plugin-x/plugin4711" },
  });
});

it("is read, with fields that are not known", () => {
  expect(parseReattach(text)).toEqual(reattach);
  expect(parseReattach(JSON.stringify({ ...JSON.parse(text), Later: {} }, undefined, 2))).toEqual(reattach);
});

it.each([
  ["", "it is not a JSON object"],
  ["1|1|unix|/tmp/plugin1|grpc|", "it is not a JSON object"],
  ["[]", "it is not a JSON object"],
  [text.slice(0, -1), "it is not a JSON object"],
  ["{}", "Addr must be an object with Network and String"],
  [text.replace("4711,", '"4711",'), "Pid must be a whole number"],
  [text.replace('"ProtocolVersion":1,', ""), "ProtocolVersion must be a whole number"],
  [text.replace('"grpc"', "null"), "Protocol must be a string"],
  [text.replace('"unix"', '""'), "Network must be a string"],
  [text.replace('"String"', '"string"'), "String must be a string"],
])("refuses %j", (broken, problem) => {
  expect(() => parseReattach(broken)).toThrow(problem);
});
