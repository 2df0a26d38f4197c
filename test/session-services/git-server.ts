import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import { onTestFinished } from "vitest";
import { freePort, must, run, until } from "../lab/index.js";

/** Creates `repo.git` in the folder, with the files on branch `main` and a tag `v1`. */
export async function makeRepository(folder: string, files: Record<string, string>): Promise<void> {
  const work = join(folder, "work");
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(work, name, ".."), { recursive: true });
    await writeFile(join(work, name), content);
  }
  const git = (...args: string[]) =>
    must("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-C", work, ...args]);
  await git("init", "-q", "-b", "main");
  await git("add", ".");
  await git("commit", "-qm", "first");
  await git("tag", "v1");
  await must("git", ["clone", "-q", "--bare", work, join(folder, "repo.git")]);
  await must("git", ["-C", join(folder, "repo.git"), "config", "uploadpack.allowAnySHA1InWant", "true"]);
}

/** Serves the folder by git daemon until the test ends; returns `git://host:port`. */
export async function serveGit(folder: string): Promise<string> {
  const port = await freePort();
  const args = ["daemon", "--export-all", `--base-path=${folder}`, "--listen=127.0.0.1", `--port=${port}`];
  const daemon = spawn("git", args, { stdio: "ignore", detached: true });
  onTestFinished(() => void process.kill(-daemon.pid!));
  const url = `git://127.0.0.1:${port}`;
  await until(
    "git daemon answers",
    async () => (await run("git", ["ls-remote", `${url}/repo.git`])).code === 0,
  );
  return url;
}

/** Serves the folder by smart HTTP to clients with the token; returns `http://host:port`. */
export async function serveGitHttp(folder: string, token: string): Promise<string> {
  const expected = Buffer.from(`x-access-token:${token}`).toString("base64");
  const server = createServer((request, response) => {
    if (request.headers.authorization?.replace(/^basic /i, "") !== expected) {
      response.writeHead(401, { "www-authenticate": "Basic realm=git" }).end();
      return;
    }
    const url = new URL(request.url!, "http://localhost");
    const env = {
      ...process.env,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: (request.headers["git-protocol"] as string | undefined) ?? "",
    };
    const cgi = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "ignore"] });
    request.pipe(cgi.stdin);
    const chunks: Buffer[] = [];
    cgi.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    cgi.on("close", () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf("\r\n\r\n");
      const lines = output.subarray(0, end).toString().split("\r\n");
      const headers = lines.map((line) => line.split(": ") as [string, string]);
      const status = headers.find(([name]) => name === "Status")?.[1];
      response.writeHead(Number.parseInt(status ?? "200", 10), Object.fromEntries(headers));
      response.end(output.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves the folder over SSH to clients with the key; returns `ssh://git@host:port`. */
export async function serveGitSsh(folder: string, authorizedKey: Buffer, hostKey: Buffer): Promise<string> {
  const allowed = ssh2.utils.parseKey(authorizedKey) as ssh2.ParsedKey;
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on("error", () => {});
    client.on("authentication", (attempt) => {
      const known = attempt.method === "publickey" && attempt.key.data.equals(allowed.getPublicSSH());
      if (!known) attempt.reject(["publickey"]);
      else if (!attempt.signature) attempt.accept();
      else if (allowed.verify(attempt.blob!, attempt.signature, attempt.hashAlgo) === true) attempt.accept();
      else attempt.reject();
    });
    client.on("session", (accept) => {
      const session = accept();
      session.on("env", (acceptEnv) => acceptEnv?.());
      session.on("exec", async (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        const path = /^git-upload-pack '\/(.*)'$/.exec(command)?.[1];
        const git = spawn("git", ["upload-pack", join(folder, path ?? "none")], {
          stdio: ["pipe", "pipe", "ignore"],
        });
        channel.pipe(git.stdin);
        git.stdout.pipe(channel, { end: false });
        const [code] = await once(git, "close");
        channel.exit(code as number);
        channel.end();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `ssh://git@127.0.0.1:${(server.address() as AddressInfo).port}`;
}
