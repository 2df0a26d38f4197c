import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { ensureHost } from "./host-process.js";

test("a path that is too long for a socket is refused before anything is created", async () => {
  const folder = `/tmp/slipway-${"x".repeat(90)}`;
  const address = { kind: "unix", path: `${folder}/host.sock` } as const;
  const failed = ensureHost({ address, spawn: { command: "false", args: [] } }).catch(readTypedError);
  expect(await failed).toMatchObject({
    reason: "SOCKET_PATH_TOO_LONG",
    message: expect.stringContaining(folder),
  });
  expect(existsSync(folder)).toBe(false);
});
