import { expect, test } from "vitest";
import { reasonGroups } from "./reasons.js";

test("keys of metadata are in snake_case, as fields are", () => {
  const infos = Object.values(reasonGroups).flatMap((group): { meaning: string }[] => Object.values(group));
  const keys = infos.flatMap(({ meaning }) => {
    const [, list = ""] = meaning.split(/\bmetadata (?=`)/);
    return [...list.matchAll(/`(\w+)`/g)].map(([, key]) => key);
  });
  expect(keys).toContain("exit_code");
  expect(keys.filter((key) => !/^[a-z]+(_[a-z]+)*$/.test(key!))).toEqual([]);
});
