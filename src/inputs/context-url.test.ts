import { expect, test } from "vitest";
import { parseContextUrl } from "./context-url.js";
import { remoteContextAttributes } from "./remote-context-attributes.js";

// Cases and answers are those of BuildKit's dfgitutil.ParseGitRef and buildx's IsRemoteURL.
test.each([
  ["https://example.com/foo.git", { remote: "https://example.com/foo.git", transport: "https" }],
  ["https://example.com/foo.git#deadbeef", { remote: "https://example.com/foo.git", ref: "deadbeef" }],
  ["https://example.com/foo.git#release/1.2", { ref: "release/1.2" }],
  [
    "http://user:pw@example.com:8080/a/foo.git#:sub/dir",
    { transport: "http", ref: undefined, subdir: "sub/dir" },
  ],
  ["HTTPS://example.com/foo.git", { transport: "https" }],
  ["git://example.com/foo", { remote: "git://example.com/foo", transport: "git" }],
  ["github.com/moby/buildkit", { remote: "github.com/moby/buildkit", transport: "https" }],
  ["github.com/moby/buildkit#master:docs", { ref: "master", subdir: "docs" }],
  ["git@github.com:moby/buildkit.git", { remote: "git@github.com:moby/buildkit.git", transport: "ssh" }],
  ["custom.user@host:x", undefined],
  ["deploy_1@git.example.com:group/repo#v1", { transport: "ssh", ref: "v1" }],
  ["ssh://root@host:2222/srv/repo.git#main", { transport: "ssh", ref: "main" }],
  ["https://example.com/foo.git#main:../../etc", { subdir: "etc" }],
  ["https://example.com/foo.git?ref=v1&subdir=a&checksum=abc", { ref: "v1", subdir: "a", checksum: "abc" }],
  ["https://example.com/foo.git?commit=abc#v1", { ref: "v1", checksum: "abc" }],
  ["https://example.com/foo.git?branch=b&keep-git-dir", { ref: "refs/heads/b" }],
  ["git@example.com:foo.git?tag=refs/tags/v1#refs/tags/v1", { ref: "refs/tags/v1" }],
])("%s is git", (url, expected) => {
  const parsed = parseContextUrl(url);
  if (expected === undefined) expect(parsed).toBeUndefined();
  else expect(parsed).toMatchObject({ kind: "git", url, usesQuery: url.includes("?"), ...expected });
});

test.each([
  "https://example.com/",
  "https://example.com/foo",
  "https://example.com/foo.git/",
  "https://example.com/foo.git.bar",
  "http://example.com/context.tar.gz?token=x",
  "https://.git",
])("%s is http", (url) => expect(parseContextUrl(url)).toEqual({ kind: "http", url }));

test.each([
  ".",
  "./hack",
  "../x.git",
  "/abs/path",
  "hack/dockerfiles",
  "github.community/x",
  "C:\\x",
  "user@host",
  "-",
])("%s is a path", (path) => expect(parseContextUrl(path)).toBeUndefined());

test.each([
  ["ftp://example.com/x.tar", "ftp"],
  ["https://user:hunter2@h/foo.git?nonsense=1", "nonsense"],
  ["https://h/foo.git?ref=a#b", "more than one reference: b, a"],
  ["https://h/foo.git?ref=a&ref=b", "more than once"],
  ["https://h/foo.git?tag=a&branch=b", "both"],
  ["https://h/foo.git?subdir=", "no value"],
])("%s is refused", (url, why) => {
  try {
    parseContextUrl(url);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ reason: "CONTEXT_URL_INVALID", message: expect.stringContaining(why) });
    expect((error as Error).message).not.toContain("hunter2");
  }
});

test("passes the subdirectory separately to BuildKit before 0.9", () => {
  const git = parseContextUrl("https://h/x.git#v1:a/b")!;
  expect(remoteContextAttributes(git, undefined)).toEqual({ context: "https://h/x.git#v1:a/b" });
  expect(remoteContextAttributes(git, "Dockerfile.x")).toMatchObject({ filename: "Dockerfile.x" });
  expect(remoteContextAttributes(git, undefined, { gitSubdirs: false })).toEqual({
    context: "https://h/x.git#v1",
    contextsubdir: "a/b",
    filename: "a/b/Dockerfile",
  });
  const http = parseContextUrl("https://h/x.tar")!;
  expect(remoteContextAttributes(http, undefined, { gitSubdirs: false })).toEqual({
    context: "https://h/x.tar",
  });
});
