import { expect, onTestFinished, test, vi } from "vitest";
import { LogLines } from "./log-lines.js";
import { LogSearch } from "./log-search.js";

const encoder = new TextEncoder();

function searchIn(text: string) {
  const log = new LogLines();
  const append = (more: string) => log.append(encoder.encode(more), 1);
  append(text);
  const search = new LogSearch(log);
  onTestFinished(() => search.pause());
  const end = () =>
    vi.waitFor(() => expect(search.isSearching).toBe(false), { timeout: 20_000, interval: 5 });
  return { search, append, end };
}

/** A log of many lines, every thousandth with a text. */
const many = Array.from({ length: 300_000 }, (_, index) =>
  index % 1000 === 0 ? "Needle\n" : `line ${index} ${"y".repeat(80)}\n`,
).join("");

test("a short log is searched at once, in any case, without its colours", () => {
  const { search } = searchIn("one\n\x1b[31mT\x1b[0mWO\nthree\ntwo, not complete");
  search.find("two");
  expect(search).toMatchObject({ matches: [1, 3], isSearching: false, title: "2" });
  search.find("");
  expect(search).toMatchObject({ matches: [], isSearching: false });
});

test("a long log is searched in slices, between which others have their turn", async () => {
  const { search, end } = searchIn(many);
  let turns = 0;
  search.find("needle");
  expect(search.isSearching).toBe(true);
  const found = search.matches.length;
  expect(search.title).toBe(`${found}…`);
  const others = setInterval(() => turns++, 1);
  onTestFinished(() => clearInterval(others));
  await end();
  expect(turns).toBeGreaterThan(1);
  expect(found).toBeLessThan(300);
  expect(search.matches).toEqual(Array.from({ length: 300 }, (_, index) => index * 1000));
  expect(search.title).toBe("300");
});

test("another text ends the search for the former one", async () => {
  const { search, end } = searchIn(many);
  search.find("needle");
  expect(search.isSearching).toBe(true);
  search.find("LINE 299999 ");
  expect(search.matches).toEqual([]);
  await end();
  expect(search.matches).toEqual([299_999]);
});

test("lines that come later are found, and those before them are not searched again", async () => {
  const { search, append, end } = searchIn(many);
  search.find("needle");
  await end();
  append("a needle\nneed");
  expect(search.matches).toHaveLength(300);
  search.resume();
  expect(search.isSearching).toBe(false);
  expect(search.matches.at(-1)).toBe(300_000);
  append("le");
  expect(search.matches.at(-1)).toBe(300_001);
});

test("a search that is paused does not go on", async () => {
  const { search } = searchIn(many);
  search.find("nowhere");
  search.pause();
  expect(search.isSearching).toBe(false);
  const told = vi.fn();
  // What was found before is told once.
  await new Promise((resolve) => setTimeout(resolve, 150));
  search.subscribe(told);
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(told).not.toHaveBeenCalled();
});

test("no more than 10000 matches are counted", async () => {
  const { search, end } = searchIn("x\n".repeat(20_000));
  search.find("x");
  await end();
  expect(search.matches).toHaveLength(10_000);
  expect(search.title).toBe("10000 or more");
});
