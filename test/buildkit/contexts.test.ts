import { randomUUID } from "node:crypto";
import {
  chmod,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Sent } from "../../src/buildkit/filesync/send-tree.js";
import { buildError } from "../../src/host/builds/build-error.js";
import { baseImageName, lab, tempDir } from "../lab/index.js";
import { toBuildkitd, toEngine } from "../session-services/solve.js";
import { build, writeFiles } from "./build.js";
import { describeTree } from "./tree.js";

const backends = [
  {
    name: "buildkitd",
    connect: () => toBuildkitd(lab().buildkitd.address),
    base: () => lab().registry.baseImage,
  },
  { name: "engine 20.10", connect: () => toEngine(lab().engine20.socket), base: () => baseImageName },
  { name: "engine 29", connect: () => toEngine(lab().engine29.socket), base: () => baseImageName },
];

describe.each(backends)("$name", ({ name, connect, base }) => {
  test("runs a step on the context", async () => {
    const context = await tempDir();
    await writeFiles(context, {
      Dockerfile: `FROM ${base()}\nCOPY . /c\nRUN cat /c/d/f\n`,
      "d/f": "from the context",
    });
    const { error, log } = await build(connect(), { context });
    expect(error).toBeUndefined();
    expect(log).toContain("from the context");
  });

  test("preserves a context", async () => {
    const [context, dest] = [await tempDir(), await tempDir()];
    await writeOddTree(context);
    const output = { kind: "folder", dest } as const;
    const { error, sessionErrors } = await build(connect(), { context, exporter: { type: "local" }, output });
    expect(error).toBeUndefined();
    expect(sessionErrors).toEqual([]);
    // BuildKit 0.8 copies files into folders after it sets the folders' times.
    const options = { folderTimes: name !== "engine 20.10" };
    expect(await describeTree(dest, options)).toEqual(await describeTree(context, options));
  });

  test("preserves names that are not UTF-8", async () => {
    const [context, dest] = [await tempDir(), await tempDir()];
    const [folder, file, target] = ["d\xff", "caf\xe9 \xf0\x9f", "\xc3\xa9\x80"].map((name) =>
      Buffer.from(name, "latin1"),
    );
    const at = (root: string, ...names: Buffer[]) =>
      Buffer.concat([Buffer.from(root), ...names.flatMap((name) => [Buffer.from("/"), name])]);
    await writeFiles(context, {
      Dockerfile: "FROM scratch\nCOPY . /\n",
      ".dockerignore": "Dockerfile\n*.log",
    });
    await mkdir(at(context, folder!));
    await writeFile(at(context, folder!, file!), "content");
    await writeFile(at(context, Buffer.from("\xe9.log", "latin1")), "ignored");
    await symlink(target!, at(context, folder!, Buffer.from("link")));
    const output = { kind: "folder", dest } as const;
    const { error } = await build(connect(), { context, exporter: { type: "local" }, output });
    if (name === "engine 29") {
      // BuildKit 0.25, which it has in it, checks the names.
      expect(buildError(error).reason).toBe("FEATURE_UNSUPPORTED");
      expect(await readdir(dest)).toEqual([]);
      return;
    }
    expect(error).toBeUndefined();
    const names = await readdir(dest, { encoding: "buffer" });
    expect(names.map((name) => name.toString("latin1")).sort()).toEqual([".dockerignore", "d\xff"]);
    expect(await readFile(at(dest, folder!, file!), "utf8")).toBe("content");
    expect(await readlink(at(dest, folder!, Buffer.from("link")), { encoding: "buffer" })).toEqual(target);
  });

  test("applies ignore files, also long ones, with exceptions and non-ASCII names", async () => {
    const [context, dest] = [await tempDir(), await tempDir()];
    const noise = Array.from({ length: 300 }, (_, i) => `noise/${i}/*.tmp`);
    await writeFiles(context, {
      Dockerfile: "FROM scratch\nCOPY . /\n",
      ".dockerignore": ["**/*.log", ...noise, "d", "!d/keep,this one", "größe*", "!größe+1", "100%"].join(
        "\n",
      ),
      "a.log": "",
      "x/b.log": "",
      "x/c": "",
      "noise/7/t.tmp": "",
      "noise/7/t": "",
      "d/keep,this one": "",
      "d/gone": "",
      größe: "",
      "größe+1": "",
      "größe 1": "",
      "100%": "",
    });
    const output = { kind: "folder", dest } as const;
    const { error } = await build(connect(), { context, exporter: { type: "local" }, output });
    expect(error).toBeUndefined();
    expect(Object.keys(await describeTree(dest)).sort()).toEqual(
      [
        ".dockerignore",
        "Dockerfile",
        "d",
        "d/keep,this one",
        "größe+1",
        "noise",
        "noise/7",
        "noise/7/t",
        "x",
        "x/c",
      ].sort(),
    );
  });

  test("sends an unchanged context once, and then only changed files", async () => {
    const context = await tempDir();
    await writeFiles(context, { Dockerfile: "FROM scratch\nCOPY . /\n", a: "a", "d/b": "b", "d/c": "c" });
    await utimes(join(context, "a"), 1.123456789, 1.123456789);
    const sharedKey = randomUUID();
    const sent = async () => {
      const last = new Map<string, Sent>();
      const onProgress = (name: string, progress: Sent) => last.set(name, progress);
      expect((await build(connect(), { context, sharedKey, onProgress })).error).toBeUndefined();
      return last.get("context")?.files ?? 0;
    };
    expect(await sent()).toBe(4);
    expect(await sent()).toBe(0);
    await writeFile(join(context, "d/b"), "B");
    expect(await sent()).toBe(1);
  });
});

const connect = () => toBuildkitd(lab().buildkitd.address);

test("sends only what COPY needs, also through links", async () => {
  const [context, dest] = [await tempDir(), await tempDir()];
  await writeFiles(context, {
    Dockerfile: "FROM scratch\nCOPY app/current/f /\nCOPY w* /w/\n",
    "releases/2/f": "found",
    "releases/1/f": "old",
    unrelated: "x".repeat(1 << 20),
    "wanted/1": "",
  });
  await mkdir(join(context, "app"));
  await symlink("../next", join(context, "app/current"));
  await symlink("/releases/2", join(context, "next"));
  await symlink("wanted", join(context, "w2"));
  let bytes = 0;
  const onProgress = (name: string, sent: Sent) => {
    if (name === "context") bytes = Math.max(bytes, sent.bytes);
  };
  const output = { kind: "folder", dest } as const;
  const { error } = await build(connect(), { context, exporter: { type: "local" }, output, onProgress });
  expect(error).toBeUndefined();
  expect(Object.keys(await describeTree(dest))).toEqual(["f", "w", "w/1"]);
  expect(bytes).toBe("found".length);
});

test("applies an ignore file of 30 000 lines", async () => {
  const [context, dest] = [await tempDir(), await tempDir()];
  const lines = Array.from({ length: 30_000 }, (_, i) => `generated/of/some/length/${i * 7919}-${i}`);
  await writeFiles(context, {
    Dockerfile: "FROM scratch\nCOPY . /\n",
    ".dockerignore": ["Dockerfile", ...lines, ".dockerignore"].join("\n"),
    "generated/of/some/length/0-0": "",
    kept: "",
  });
  const output = { kind: "folder", dest } as const;
  const { error } = await build(connect(), { context, exporter: { type: "local" }, output });
  expect(error).toBeUndefined();
  expect(Object.keys(await describeTree(dest))).toEqual([
    "generated",
    "generated/of",
    "generated/of/some",
    "generated/of/some/length",
    "kept",
  ]);
});

test("refuses an unknown folder", async () => {
  const context = await tempDir();
  await writeFiles(context, { Dockerfile: "FROM scratch\nCOPY --from=other . /\n" });
  const { error } = await build(connect(), { context, attrs: { "context:other": "local:other" } });
  expect(error?.rawMessage).toContain('has no local folder "other"');
});

test("sends 20 000 files", async () => {
  const context = await tempDir();
  await writeFiles(context, {
    Dockerfile: `FROM ${lab().registry.baseImage}\nCOPY d /d\nRUN find /d -type f | wc -l\n`,
  });
  for (let folder = 0; folder < 100; folder++) {
    const files = Array.from({ length: 200 }, (_, i) => [
      `d/${folder}/${i % 3}/${i}`,
      `${folder} ${i}`.repeat(i),
    ]);
    await writeFiles(context, Object.fromEntries(files));
  }
  const { error, log } = await build(connect(), { context });
  expect(error).toBeUndefined();
  expect(log.trim()).toBe("20000");
}, 900_000);

test("sends a file of 1 GiB without holding it in memory", async () => {
  const context = await tempDir();
  await writeFiles(context, { Dockerfile: "FROM scratch\nCOPY big /\n" });
  const big = await open(join(context, "big"), "w");
  await big.truncate(1 << 30);
  await big.close();
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let [peak, bytes] = [0, 0];
  const onProgress = (_name: string, sent: Sent) => {
    bytes = sent.bytes;
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const { error } = await build(connect(), { context, onProgress });
  expect(error).toBeUndefined();
  expect(bytes).toBe(1 << 30);
  expect(peak - before).toBeLessThan(150 << 20);
}, 900_000);

/** Writes entries that are easy to get wrong. */
async function writeOddTree(root: string): Promise<void> {
  await writeFiles(root, {
    Dockerfile: "FROM scratch\nCOPY . /\n",
    "a/b": "inside",
    "a-b": "-",
    "a.b": ".",
    "a b": " ",
    "é/ü": "umlaut",
    "😀": "astral",
    "\ufb00": "below astral, above surrogates in UTF-16",
    "per%20cent+plus": "%",
    "[x]*?": "wild",
    empty: "",
    "d/first": "linked",
    large: Buffer.alloc(3_000_000, "large"),
  });
  await link(join(root, "d/first"), join(root, "c-second"));
  await symlink("d/first", join(root, "link"));
  await symlink("/nowhere/é", join(root, "dangling"));
  await chmod(join(root, "a-b"), 0o4755);
  await chmod(join(root, "a.b"), 0o400);
  await mkdir(join(root, "e/mpty"), { recursive: true });
  await chmod(join(root, "e/mpty"), 0o1777);
  await utimes(join(root, "empty"), 981_173_106.123456, 981_173_106.123456);
  await utimes(join(root, "e"), 981_173_106, 981_173_106);
}

test("omits sockets", async () => {
  const [context, dest] = [await tempDir(), await tempDir()];
  await writeFiles(context, { Dockerfile: "FROM scratch\nCOPY . /\n" });
  const server = createServer().listen(join(context, "s.sock"));
  const output = { kind: "folder", dest } as const;
  const { error } = await build(connect(), { context, exporter: { type: "local" }, output });
  server.close();
  expect(error).toBeUndefined();
  expect(Object.keys(await describeTree(dest))).toEqual(["Dockerfile"]);
});
