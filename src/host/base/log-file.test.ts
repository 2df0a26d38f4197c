import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { LogFile } from "./log-file.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-log-"));
  path = join(folder, "state", "host.log");
  return () => rmSync(folder, { recursive: true });
});

const open = (maxBytes?: number) => LogFile.open(path, (dropped) => `${dropped} dropped\n`, maxBytes);

test("is rotated while it is written, and three files hold the newest lines", () => {
  const log = open(100);
  for (let i = 0; i < 100; i += 1) log.write(`line ${i} ${"x".repeat(20)}\n`);
  log.close();
  expect(readdirSync(join(folder, "state")).sort()).toEqual(["host.log", "host.log.1", "host.log.2"]);
  const texts = ["host.log.2", "host.log.1", "host.log"].map((name) => {
    const file = join(folder, "state", name);
    expect(statSync(file).size).toBeLessThanOrEqual(100);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    return readFileSync(file, "utf8");
  });
  const numbers = texts
    .join("")
    .match(/(?<=line )\d+/g)!
    .map(Number);
  expect(numbers.at(-1)).toBe(99);
  expect(numbers).toEqual(numbers.map((_, index) => 99 - numbers.length + 1 + index));
});

test("continues the file of an earlier host, and counts what it holds", () => {
  const first = open(100);
  first.write(`${"a".repeat(90)}\n`);
  first.close();
  const second = open(100);
  second.write("short\n");
  second.write("the next file\n");
  second.close();
  expect(readFileSync(path, "utf8")).toBe("the next file\n");
});

test("drops what cannot be written, and reports it later", () => {
  const log = open(20);
  for (const line of ["first", "second"]) log.write(`${line} 1234567890\n`);
  mkdirSync(`${path}.2`);
  log.write("lost 1234567890\n");
  log.write("lost 1234567890\n");
  rmdirSync(`${path}.2`);
  log.write("after\n");
  log.close();
  log.write("closed\n");
  expect(readFileSync(path, "utf8")).toBe("2 dropped\nafter\n");
});
