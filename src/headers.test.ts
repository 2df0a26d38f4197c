import { describe, expect, it } from "vitest";
import { Headers as Light } from "./headers.js";

// What holds for the standard's must hold for ours.
describe.each([
  ["Node's", Headers],
  ["ours", Light],
])("%s headers", (_, Kind) => {
  it("are read by any spelling of their names, and listed in order", () => {
    const headers = new Kind({ "X-B": "1" });
    headers.append("x-b", " 2\t");
    headers.append("Set-Cookie", "a=1, b");
    headers.append("set-cookie", "c=2");
    headers.set("A", "first");
    headers.set("a", "second");
    expect(headers.get("x-B")).toBe("1, 2");
    expect([headers.has("X-b"), headers.has("constructor"), headers.get("none")]).toEqual([
      true,
      false,
      null,
    ]);
    expect([...headers]).toEqual([
      ["a", "second"],
      ["set-cookie", "a=1, b"],
      ["set-cookie", "c=2"],
      ["x-b", "1, 2"],
    ]);
    expect(headers.getSetCookie()).toEqual(["a=1, b", "c=2"]);
    expect([...headers.keys()]).toEqual(["a", "set-cookie", "set-cookie", "x-b"]);
    expect([...headers.values()]).toEqual(["second", "a=1, b", "c=2", "1, 2"]);
    headers.delete("SET-COOKIE");
    const seen: string[] = [];
    headers.forEach((value, name, all) => void seen.push(`${name}=${value} ${all === headers}`));
    expect(seen).toEqual(["a=second true", "x-b=1, 2 true"]);
  });

  it("are made from headers of either kind, and from pairs", () => {
    for (const init of [new Headers({ a: "1" }), new Light({ a: "1" }), [["a", "1"] as [string, string]]]) {
      expect([...new Kind(init as [string, string][])]).toEqual([["a", "1"]]);
    }
    expect([...new Kind()]).toEqual([]);
  });

  it("refuse what could end a header", () => {
    const headers = new Kind();
    expect(() => headers.set("a b", "1")).toThrow(TypeError);
    expect(() => headers.set("", "1")).toThrow(TypeError);
    expect(() => headers.append("a", "1\r\nb: 2")).toThrow(TypeError);
    expect(() => headers.get("a:b")).toThrow(TypeError);
    expect(() => headers.set("a", "\u{1f600}")).toThrow(TypeError);
  });
});
