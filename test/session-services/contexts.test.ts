import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { secrets } from "../../src/buildkit/secrets/secrets.js";
import { openAgent } from "../../src/buildkit/ssh/open-agent.js";
import { ssh } from "../../src/buildkit/ssh/ssh.js";
import { parseContextUrl } from "../../src/inputs/context-url.js";
import { remoteContextAttributes } from "../../src/inputs/remote-context-attributes.js";
import { must, tempDir } from "../lab/index.js";
import { makeRepository, serveGit, serveGitHttp, serveGitSsh } from "./git-server.js";
import { backends, runStep, solve, tarOf } from "./solve.js";

describe.each(backends)("$name", ({ connect, base, modernGit }) => {
  const hello = () => `${runStep(base(), "true")}COPY hello.txt /\nRUN echo said: $(cat /hello.txt)\n`;

  test("builds an archive or a Dockerfile at an HTTP URL", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/context.tar")
        tarOf({ Dockerfile: hello(), "hello.txt": "by http" }).pipe(response);
      else if (request.url === "/Dockerfile") response.end(runStep(base(), "echo only the file"));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await solve(connect(), { context: `${origin}/context.tar` })).log).toContain("said: by http");
    expect((await solve(connect(), { context: `${origin}/Dockerfile` })).log).toMatch(/^only the file$/m);
    expect((await solve(connect(), { context: `${origin}/none` })).error?.rawMessage).toContain("404");
  });

  test("builds a Git repository with reference and folder", async () => {
    const folder = await tempDir();
    await makeRepository(folder, { "app/Dockerfile": hello(), "app/hello.txt": "from git" });
    const url = parseContextUrl(`${await serveGit(folder)}/repo.git#v1:app`)!;
    const { context, ...attrs } = remoteContextAttributes(url, undefined, { gitSubdirs: modernGit });
    const { error, log } = await solve(connect(), { context, attrs });
    expect(error).toBeUndefined();
    expect(log).toContain("said: from git");
  });

  test("builds a private Git repository over HTTP with the secret GIT_AUTH_TOKEN", async () => {
    const folder = await tempDir();
    await makeRepository(folder, { Dockerfile: hello(), "hello.txt": "private" });
    const context = `${await serveGitHttp(folder, "s3cret")}/repo.git#main`;
    expect((await solve(connect(), { context, methods: secrets(new Map()) })).error).toBeDefined();
    const methods = secrets(new Map([["GIT_AUTH_TOKEN", Buffer.from("s3cret")]]));
    const { error, log } = await solve(connect(), { context, methods });
    expect(error).toBeUndefined();
    expect(log).toContain("said: private");
    expect(log).not.toContain("s3cret");
  });

  // The old BuildKit accepts only git@host:path, and so only port 22; ssh.test.ts covers its agent forwarding.
  if (modernGit)
    test("builds a private Git repository over SSH with a forwarded key", async () => {
      const folder = await tempDir();
      await makeRepository(folder, { Dockerfile: hello(), "hello.txt": "by ssh" });
      for (const name of ["user", "host"])
        await must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
      const url = await serveGitSsh(
        folder,
        await readFile(join(folder, "user.pub")),
        await readFile(join(folder, "host")),
      );
      const context = `${url}/repo.git#main`;
      const agent = await openAgent("default", { kind: "paths", paths: [join(folder, "user")] });
      const { error, log } = await solve(connect(), { context, methods: ssh(new Map([["default", agent]])) });
      expect(error).toBeUndefined();
      expect(log).toContain("said: by ssh");
    });
});
