import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { byteOrder } from "./byte-order.js";
import { type FilterPatterns, makeFilter } from "./filter.js";
import { folderSource } from "./folder-source.js";
import { followPaths } from "./follow-paths.js";
import { memorySource } from "./memory-source.js";
import { walk } from "./walk.js";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-walk-"));
});
afterEach(() => rm(root, { recursive: true }));

async function make(...names: string[]): Promise<void> {
  for (const name of names) {
    const [path = "", target] = name.split(" -> ");
    await mkdir(dirname(join(root, path)), { recursive: true });
    if (target !== undefined) await symlink(target, join(root, path));
    else if (path.endsWith("/")) await mkdir(join(root, path), { recursive: true });
    else await writeFile(join(root, path), path);
  }
}

async function walked(patterns: Partial<FilterPatterns> = {}): Promise<string[]> {
  const source = await folderSource(root);
  const filter = await makeFilter(source, { include: [], exclude: [], follow: [], ...patterns });
  const paths: string[] = [];
  const visit = async (path: string) => {
    paths.push(path);
  };
  await walk(source, filter, visit, new AbortController().signal);
  return paths;
}

describe("order", () => {
  test("a folder's content comes before names that continue its name", async () => {
    await make("a/b", "a-b", "a.b", "a b", "A");
    expect(await walked()).toEqual(["A", "a", "a/b", "a b", "a-b", "a.b"]);
  });

  test("names are in the order of their UTF-8 bytes", async () => {
    const names = ["z", "é", "￿", "😀", "\ue000", "ab", "a"];
    await make(...names);
    const bytewise = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await walked()).toEqual(bytewise);
    expect([...names].sort(byteOrder)).toEqual(bytewise);
  });
});

describe("filter", () => {
  test("an excluded folder is sent when a later pattern re-includes an entry, and only then", async () => {
    await make("d/keep", "d/other", "d/sub/deep", "e/x");
    expect(await walked({ exclude: ["d", "!d/keep", "e"] })).toEqual(["d", "d/keep"]);
    expect(await walked({ exclude: ["d", "e", "!d/sub/nothing"] })).toEqual([]);
  });

  test("only what is included is sent, with the folders on the way", async () => {
    await make("a/b/c", "a/b/d", "a/x", "z");
    expect(await walked({ include: ["a/b/c"] })).toEqual(["a", "a/b", "a/b/c"]);
    expect(await walked({ include: ["**/d", "z"] })).toEqual(["a", "a/b", "a/b/d", "z"]);
    expect(await walked({ include: ["a"], exclude: ["**/d"] })).toEqual(["a", "a/b", "a/b/c", "a/x"]);
  });

  test("an excluded folder that can't be wanted is not read", async () => {
    await make("big/x", "a");
    const source = await folderSource(root);
    const listed: string[] = [];
    const spy = { ...source, stat: source.stat.bind(source), open: source.open.bind(source) };
    const list = (folder: string) => {
      listed.push(folder);
      return source.list(folder);
    };
    const filter = await makeFilter(source, { include: [], exclude: ["big", "!a"], follow: [] });
    await walk({ ...spy, list }, filter, async () => {}, new AbortController().signal);
    expect(listed).toEqual([""]);
  });
});

describe("followPaths", () => {
  const follow = async (...paths: string[]) => followPaths(await folderSource(root), paths);

  test("a link is sent with what it leads to, step by step", async () => {
    await make("real/dir/f", "one -> two", "two -> real/dir", "real/abs -> /real/dir/f");
    expect(await follow("one/f")).toEqual(["one", "real/dir/f", "two"]);
    expect(await follow("real/abs")).toEqual(["real/abs", "real/dir/f"]);
  });

  test("a link can't lead out of the root", async () => {
    await make("out -> ../../../etc/passwd", "d/up -> ../../..");
    expect(await follow("out")).toEqual(["etc/passwd", "out"]);
    // Above the root is the root, which means everything.
    expect(await follow("d/up")).toBeUndefined();
    expect(await follow("../../etc/passwd")).toEqual(["etc/passwd"]);
  });

  test("wildcards find links", async () => {
    await make("l1 -> t1", "l2 -> t2", "t1", "t2", "l3");
    expect(await follow("l*")).toEqual(["l*", "t1", "t2"]);
  });

  test("loops end", async () => {
    await make("a -> b", "b -> a", "c -> c/x", "d/e -> ../d");
    expect(await follow("a", "c", "d/e/e/e")).toEqual(expect.arrayContaining(["a", "b", "c", "d"]));
  });

  test("a path below another is not repeated, and missing ones stay", async () => {
    await make("l -> d", "d/f");
    expect(await follow("l/f", "l", "nothing/here")).toEqual(["d", "l", "nothing/here"]);
    const nested = ["a/b", "a-b", "a", "a/b/c", "ab/c", "a.b"];
    expect(await follow(...nested)).toEqual(["a", "a-b", "a.b", "ab/c"]);
    expect(await follow("undefined/a")).toEqual(["undefined/a"]);
  });

  test("links whose targets match links end, above the limit with an error", async () => {
    // Each path leads to two others.
    await make("l1 -> */1", "l2 -> */2");
    const error = await follow("*").catch(readTypedError);
    expect(error).toMatchObject({ code: Code.ResourceExhausted, reason: "DOCKERIGNORE_TOO_LARGE" });
  }, 120_000);

  test("a path that no file can have is taken as it is", async () => {
    await make("l -> d");
    const long = `l${"/a".repeat(30_000)}`;
    expect(await follow(long)).toEqual([long]);
    expect(await follow("*\0/b")).toEqual(["*\0/b"]);
  });

  test("lets other events happen while it matches many names", async () => {
    const names = Array.from({ length: 20_000 }, (_, index) => ({ name: `file${index}`, isFolder: false }));
    const source = { ...memorySource({}), list: async () => names };
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    onTestFinished(() => clearInterval(counting));
    await followPaths(
      source,
      Array.from({ length: 20 }, (_, index) => `*a*a*a*${index}`),
    );
    expect(turns).toBeGreaterThan(1);
  });
});

test("links that lead out are never opened", async () => {
  const source = await folderSource(root);
  await make("link -> /etc/passwd", "dir -> /etc");
  await expect(source.open("link")).rejects.toThrow("ELOOP");
  if (process.platform === "linux") await expect(source.open("dir/passwd")).rejects.toThrow("leads out of");
});

test("a source must be a folder", async () => {
  await make("file");
  await expect(folderSource(join(root, "none"))).rejects.toThrow("ENOENT");
  await expect(folderSource(join(root, "file"))).rejects.toThrow("is not a folder");
});
