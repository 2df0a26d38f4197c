import { expect, test } from "vitest";
import { formatHandshakeLine, parseHandshakeLine } from "./handshake-line.js";

test("a written line reads back the same", () => {
  for (const line of [
    { version: 2, address: { network: "unix", path: "/tmp/a.sock" }, certificate: Buffer.from("DER!") },
    { version: 2, address: { network: "unix", path: "/tmp/a.sock" }, certificate: undefined },
    { version: 2, address: { network: "tcp", host: "127.0.0.1", port: 10000 }, certificate: undefined },
  ] as const) {
    expect(parseHandshakeLine(`${formatHandshakeLine(line)}\n`)).toEqual(line);
  }
});

test("has go-plugin's form", () => {
  const address = { network: "unix", path: "/tmp/plugin1" } as const;
  expect(formatHandshakeLine({ version: 2, address })).toBe("1|2|unix|/tmp/plugin1|grpc|");
  expect(formatHandshakeLine({ version: 2, address, certificate: Buffer.from([1]) })).toBe(
    "1|2|unix|/tmp/plugin1|grpc|AQ",
  );
});

test("accepts the seventh field that some Go plugins print", () => {
  expect(parseHandshakeLine("1|2|unix|/a|grpc||false").certificate).toBeUndefined();
});

test.each([
  ["Listening on port 80", /not a handshake line/],
  ["2|1|unix|/a|grpc|", /version 2 of the go-plugin handshake/],
  ["1|7|unix|/a|grpc|", /version 7 of the driver protocol; this host speaks 2/],
  ["1|2|unix|/a", /netrpc instead of grpc/],
  ["1|2|unix|a.sock|grpc|", /not absolute/],
  ["1|2|tcp|10.0.0.1:80|grpc|", /not on the loopback/],
  ["1|2|pipe|x|grpc|", /neither unix nor tcp/],
])("refuses %s", (line, message) => {
  expect(() => parseHandshakeLine(line)).toThrow(message);
});
