import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import { type ListBuildsRequest, ListBuildsRequestSchema } from "../gen/slipway/v1/build_pb.js";
import { GetDiskUsageRequestSchema } from "../gen/slipway/v1/builder_pb.js";
import { pageOf, readPage } from "./pages.js";

const sizes = { default: 2, max: 3 };
const request = (init: Partial<ListBuildsRequest>) => create(ListBuildsRequestSchema, init as never);
const read = (init: Partial<ListBuildsRequest>) => readPage(ListBuildsRequestSchema, request(init), sizes);
const list = (entries: string[], init: Partial<ListBuildsRequest> = {}) =>
  pageOf(entries, (entry) => entry, read(init));

test("pages join to the whole list", () => {
  const all = ["a", "b", "c", "d", "e"];
  const seen: string[][] = [];
  let pageToken = "";
  do {
    const { entries, nextPageToken } = list(all, { pageToken });
    seen.push(entries);
    pageToken = nextPageToken;
  } while (pageToken);
  expect(seen).toEqual([["a", "b"], ["c", "d"], ["e"]]);
});

test("the last page has no token, also when it is full", () => {
  expect(list(["a", "b"])).toEqual({ entries: ["a", "b"], nextPageToken: "" });
  expect(list([])).toEqual({ entries: [], nextPageToken: "" });
});

test("the size has a default and a maximum, and may differ between pages", () => {
  expect([read({}).size, read({ pageSize: 1 }).size, read({ pageSize: 9 }).size]).toEqual([2, 1, 3]);
  const { nextPageToken: pageToken } = list(["a", "b", "c", "d"], { pageSize: 1 });
  expect(list(["a", "b", "c", "d"], { pageSize: 2, pageToken }).entries).toEqual(["b", "c"]);
});

test("nothing is left out when entries appear or vanish between pages", () => {
  const { nextPageToken: pageToken } = list(["b", "c", "d", "e"]);
  expect(list(["a", "b", "c", "d", "e"], { pageToken }).entries).toEqual(["d", "e"]);
  expect(list(["b", "d", "e"], { pageToken }).entries).toEqual(["d", "e"]);
});

test.each([
  [{ pageSize: -1 }, "PAGE_SIZE_INVALID", "page_size"],
  [{ pageToken: "made up" }, "PAGE_TOKEN_INVALID", "page_token"],
  [{ pageToken: "aW52ZW50ZWQ" }, "PAGE_TOKEN_INVALID", "page_token"],
  [{ pageToken: list(["a", "b", "c"]).nextPageToken, builder: "other" }, "PAGE_TOKEN_INVALID", "page_token"],
  [
    { pageToken: list(["a", "b", "c"]).nextPageToken, states: [BuildState.FAILED] },
    "PAGE_TOKEN_INVALID",
    "page_token",
  ],
  [{ pageToken: `${list(["a", "b", "c"]).nextPageToken}A` }, "PAGE_TOKEN_INVALID", "page_token"],
])("%j is refused", (init, reason, field) => {
  let error: unknown;
  try {
    read(init);
  } catch (cause) {
    error = cause;
  }
  expect(readTypedError(error)).toMatchObject({ reason, fields: [{ field }] });
});

test.each(["x", "null", "[]", '["1","a"]', '[0,"a"]', '[1.5,"a"]', "[1,2]", '[1,"a","b"]', "{}"])(
  "a token with the right checksum and the position %s is refused",
  (position) => {
    const pageToken = read({}).tokenAt(position);
    expect(() => list(["a", "b", "c"], { pageToken })).toThrow("The page token is not of this list");
  },
);

test("the order of a map does not change the request", () => {
  const usage = (environment: Record<string, string>, pageToken = "") =>
    readPage(GetDiskUsageRequestSchema, create(GetDiskUsageRequestSchema, { environment, pageToken }), sizes);
  const token = usage({ A: "1", B: "2" }).tokenAt("x");
  expect(usage({ B: "2", A: "1" }, token).after).toBe("x");
});
