import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { HistoryRecordSchema } from "../../gen/slipway/v1/history_pb.js";
import { settingsOf } from "./settings.js";

const read = (frontendAttributes: Record<string, string>, name = "") =>
  settingsOf(create(HistoryRecordSchema, { frontendAttributes, name }));
const config = (attributes: Record<string, string>) =>
  read(attributes).config.map(({ key, text }) => [key, text]);

it("distinguishes stages without cache from a build without cache, unlike buildx", () => {
  expect(config({ "no-cache": "" })).toEqual([["NoCache", "true"]]);
  expect(config({ "no-cache": "one,two" })).toEqual([["NoCacheFilter", "one, two"]]);
});

it("formats sizes, and shows unreadable values unchanged", () => {
  expect(config({ memory: "536870912", memswap: "-1", "shm-size": "1" })).toEqual([
    ["ShmSize", "1"],
    ["Memory", "512MiB"],
    ["MemorySwap", "-1"],
  ]);
  expect(config({ "multi-platform": "perhaps", "add-hosts": '"a' })).toEqual([["ExtraHosts", '"a']]);
});

it("derives the context from a name that contains nothing else", () => {
  expect(read({}, "folder").context).toBe("folder");
  expect(read({ target: "t" }, "folder (t)").context).toBe("");
  expect(read({ filename: "f", "vcs:localdir:dockerfile": "sub" }, "x").dockerfile).toBe("sub/f");
  expect(read({ context: "https://host/x.git" }, "x").context).toBe("https://host/x.git");
});
