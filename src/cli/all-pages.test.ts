import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { DiagnosticSchema } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { allPages } from "./all-pages.js";

const finding = (message: string) => create(DiagnosticSchema, { message });
const answers: Record<
  string,
  { names: string[]; nextPageToken: string; diagnostics: ReturnType<typeof finding>[] }
> = {
  "": { names: ["a", "b"], nextPageToken: "t1", diagnostics: [finding("x")] },
  t1: { names: [], nextPageToken: "t2", diagnostics: [finding("x"), finding("y")] },
  t2: { names: ["c"], nextPageToken: "", diagnostics: [] },
};

async function collect(options?: { limit: number }) {
  const asked: string[] = [];
  const list = async ({ pageToken }: { pageToken: string }) => {
    asked.push(pageToken);
    return answers[pageToken]!;
  };
  const { entries, diagnostics } = await allPages(list, ({ names }) => names, options);
  return { asked, entries, messages: diagnostics.map(({ message }) => message) };
}

test("reads all pages, also after an empty one, and reports each finding once", async () => {
  expect(await collect()).toEqual({
    asked: ["", "t1", "t2"],
    entries: ["a", "b", "c"],
    messages: ["x", "y"],
  });
});

test("reads no further than its limit", async () => {
  expect(await collect({ limit: 1 })).toEqual({ asked: [""], entries: ["a"], messages: ["x"] });
});
