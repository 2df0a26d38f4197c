import { expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { pluginPages } from "./pages.js";

async function read(next: (pageToken: string) => string): Promise<string[]> {
  const tokens: string[] = [];
  const list = async ({ pageToken }: { pageToken: string }) => ({
    pageToken,
    nextPageToken: next(pageToken),
  });
  for await (const { pageToken } of pluginPages("sample", list)) tokens.push(pageToken);
  return tokens;
}

test("reads all pages of a plugin's list", async () => {
  expect(await read((token) => (token.length < 2 ? `${token}x` : ""))).toEqual(["", "x", "xx"]);
});

test("reads no list that does not end", async () => {
  const error = await read((token) => `${token}x`).catch(readTypedError);
  expect(error).toMatchObject({
    reason: "DRIVER_FAULT",
    message: "The sample driver has a list of more than 100 pages.",
  });
});
