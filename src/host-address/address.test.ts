import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { formatHostAddress, hostAddress, parseHostAddress } from "./address.js";
import { defaultSocketPath } from "./socket-path.js";

const reasonOf = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    const { reason, message, fields } = readTypedError(error);
    return { reason, message, field: fields?.[0]?.field };
  }
};

async function tempDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-address-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("parses addresses", () => {
  expect(parseHostAddress("unix:///run/a%20b/s.sock")).toEqual({ kind: "unix", path: "/run/a b/s.sock" });
  expect(parseHostAddress("http://127.0.0.1:8080", { tokenFile: "/t" })).toMatchObject({
    kind: "tcp",
    url: "http://127.0.0.1:8080",
    tokenFile: "/t",
  });
  expect(formatHostAddress(parseHostAddress("https://builds.example/"))).toBe("https://builds.example");
});

test.each([
  ["/run/slipway.sock", "is not a URL"],
  ["tcp://127.0.0.1:1", 'has the scheme "tcp"'],
  ["unix://relative/path", "no absolute path"],
  ["unix:", "no absolute path"],
  ["https://user:secret@host", "contains a login"],
  ["https://host/path", "more than a host and a port"],
])("%s is refused", (text, why) => {
  expect(reasonOf(() => parseHostAddress(text))).toMatchObject({
    reason: "HOST_ADDRESS_INVALID",
    field: "SLIPWAY_HOST",
    message: expect.stringContaining(why),
  });
});

test.each([
  "https://user:secret@host",
  "https:user:secret@host",
  "https://user:sec/secret@host",
  "user:secret@host",
])("the refusal of %s does not show the password", (text) => {
  const { message } = reasonOf(() => parseHostAddress(text)) as { message: string };
  expect(message).toMatch(/…@host"/);
  expect(message).not.toContain("secret");
});

test("refuses to send a token in clear text over the network", () => {
  expect(reasonOf(() => parseHostAddress("http://10.0.0.1:8080", { tokenFile: "/t" }))).toMatchObject({
    message: expect.stringContaining("clear text"),
  });
});

test("reads certificates from a folder with Docker's file names", async () => {
  const folder = await tempDir();
  await writeFile(join(folder, "ca.pem"), "");
  expect(parseHostAddress("https://h:1", { certPath: folder })).toMatchObject({
    tls: { caFile: join(folder, "ca.pem"), certFile: undefined, keyFile: undefined },
  });
});

test("derives the default socket from the environment and the user", () => {
  expect(defaultSocketPath({ XDG_RUNTIME_DIR: "/x" }, 1000)).toBe("/x/slipway/slipway.sock");
  expect(defaultSocketPath({ XDG_RUNTIME_DIR: "/x" }, 0)).toBe("/x/slipway/slipway.sock");
  expect(defaultSocketPath({}, 0)).toBe("/run/slipway/slipway.sock");
  expect(defaultSocketPath({ TMPDIR: "/t" }, 987654)).toBe("/t/slipway-987654/slipway.sock");
  expect(defaultSocketPath({}, 987654)).toBe("/tmp/slipway-987654/slipway.sock");
});

test("uses the default socket when no address is given", () => {
  expect(hostAddress({ XDG_RUNTIME_DIR: "/x" })).toEqual({ kind: "unix", path: "/x/slipway/slipway.sock" });
  expect(hostAddress({ XDG_RUNTIME_DIR: "/x", SLIPWAY_HOST: "unix:///elsewhere.sock" })).toEqual({
    kind: "unix",
    path: "/elsewhere.sock",
  });
});
