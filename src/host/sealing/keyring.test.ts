import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { Keyring } from "./keyring.js";

const [old, current] = [randomBytes(32), randomBytes(48)];
const secret = Buffer.from("a secret");
const place = ["far", "far0", "key.pem"];

it("opens what it sealed, and seals the same value differently each time", () => {
  const keyring = new Keyring([current]);
  const [first, second] = [keyring.seal(secret, place)!, keyring.seal(secret, place)!];
  expect(keyring.open(first, place)).toEqual(secret);
  expect(Buffer.from(first.data)).not.toEqual(Buffer.from(second.data));
  expect(Buffer.from(first.data).includes(secret)).toBe(false);
  expect(first.key).toMatch(/^[0-9a-f]{8}$/);
});

it("seals with the first key and opens with every key", () => {
  const sealed = new Keyring([old]).seal(secret, place)!;
  const rotated = new Keyring([current, old]);
  expect(rotated.open(sealed, place)).toEqual(secret);
  expect(rotated.seal(secret, place)!.key).toBe(new Keyring([current]).ids[0]);
  expect(new Keyring([current]).open(sealed, place)).toBeUndefined();
  expect(new Keyring().seal(secret, place)).toBeUndefined();
});

it.each([
  [["other", "far0", "key.pem"]],
  [["far", "far1", "key.pem"]],
  [["far", "far0", "cert.pem"]],
  [["far", "far0,key.pem"]],
])("does not open a value that was moved to %j", (other) => {
  const keyring = new Keyring([current]);
  expect(keyring.open(keyring.seal(secret, place)!, other)).toBeUndefined();
});

it("does not open a value of which any byte was changed, or that was cut", () => {
  const keyring = new Keyring([current]);
  const { key, data } = keyring.seal(secret, place)!;
  for (let at = 0; at < data.length; at++) {
    const changed = Buffer.from(data);
    changed[at]! ^= 1;
    expect(keyring.open({ key, data: changed }, place)).toBeUndefined();
  }
  for (const length of [0, 11, 27, data.length - 1])
    expect(keyring.open({ key, data: data.subarray(0, length) }, place)).toBeUndefined();
});
