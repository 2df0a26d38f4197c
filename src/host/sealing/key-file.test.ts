import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { parseKeys, readKeyFile } from "./key-file.js";
import { Keyring } from "./keyring.js";

let file: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-key-"));
  file = join(folder, "key");
  return () => rm(folder, { recursive: true });
});

const [first, second] = [randomBytes(32), randomBytes(32)];

it("reads keys in order, in both alphabets of base64, among comments and empty lines", async () => {
  const text = `# keys\n\n${first.toString("base64")}\r\n  ${second.toString("base64url")}\n`;
  await writeFile(file, text, { mode: 0o600 });
  expect((await readKeyFile(file)).ids).toEqual(new Keyring([first, second]).ids);
});

it("refuses a file that others can reach or that does not exist", async () => {
  await writeFile(file, first.toString("base64"));
  await chmod(file, 0o644);
  const error = await readKeyFile(file).catch(readTypedError);
  expect(error).toMatchObject({ reason: "STATE_KEY_FILE_UNSAFE", remedy: `Run chmod 600 ${file}.` });
  expect(await readKeyFile(`${file}.none`).catch(readTypedError)).toMatchObject({
    reason: "STATE_KEY_FILE_UNREADABLE",
  });
});

it.each([
  ["# only a comment\n", "it has no key"],
  ["not base64!\n", "line 1 is not base64"],
  [`# short\n${randomBytes(31).toString("base64")}`, "line 2 has 31 bytes"],
  [Buffer.alloc(32, "ab").toString("base64"), "line 1 is not random"],
])("refuses %j without quoting it", (text, why) => {
  let error: unknown;
  try {
    parseKeys("/key", text);
  } catch (cause) {
    error = cause;
  }
  const { reason, message } = readTypedError(error);
  expect({ reason, message }).toEqual({
    reason: "STATE_KEY_FILE_INVALID",
    message: expect.stringContaining(why),
  });
  expect(message).not.toContain(text.trim().split("\n").at(-1));
});
