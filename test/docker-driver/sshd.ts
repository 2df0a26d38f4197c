import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { freePort, must, tempDir, until } from "../lab/index.js";
import { programPath } from "../lab/path.js";

/** An sshd on loopback that accepts this user with a temporary key, and an `ssh` in PATH that is configured for it. */
export interface Sshd {
  /** `user@127.0.0.1:port`. */
  authority: string;
  /** Makes `ssh` offer another key or those of an agent only, or trust another host, until the test ends. */
  configure(options: { key?: string; agentOnly?: boolean; knownHosts?: string }): Promise<void>;
  /** The key that the sshd accepts. */
  key: string;
  /** A key that the sshd does not accept. */
  strangeKey: string;
}

/** Starts an sshd that stops when the test ends; it looks for commands in `programs` first. */
export async function startSshd({ programs }: { programs?: string } = {}): Promise<Sshd> {
  const folder = await tempDir();
  const file = (name: string) => join(folder, name);
  for (const name of ["host", "key", "strange"])
    await must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
  const port = await freePort();
  // Debian's sshd needs this folder for privilege separation; a running sshd has created it.
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const settings = {
    Port: port,
    ListenAddress: "127.0.0.1",
    HostKey: file("host"),
    AuthorizedKeysFile: file("key.pub"),
    PidFile: "none",
    StrictModes: "no",
    UsePAM: "no",
    PermitRootLogin: "prohibit-password",
    PasswordAuthentication: "no",
    SetEnv: `PATH=${[...(programs ? [programs] : []), process.env.PATH].join(":")}`,
  };
  await writeFile(file("sshd_config"), lines(settings));
  const sshd = spawn(programPath("sshd"), ["-D", "-e", "-f", file("sshd_config")], { stdio: "ignore" });
  onTestFinished(async () => {
    if (sshd.exitCode === null && sshd.kill()) await once(sshd, "exit");
  });
  await until("sshd to listen", () => listens(port));

  await must("sh", [
    "-c",
    `printf '[127.0.0.1]:${port} %s\\n' "$(cat "$1")" > "$2"`,
    "sh",
    file("host.pub"),
    file("known"),
  ]);
  await writeFile(file("empty"), "");
  const configure: Sshd["configure"] = ({ key = file("key"), agentOnly, knownHosts = file("known") }) => {
    const identity: Record<string, string> = agentOnly
      ? { IdentityFile: "none" }
      : { IdentityFile: key, IdentitiesOnly: "yes", IdentityAgent: "none" };
    return writeFile(file("ssh_config"), lines({ ...identity, UserKnownHostsFile: knownHosts }));
  };
  await configure({});
  // ssh finds the user's configuration through the password database, so a wrapper passes another one.
  await writeFile(file("ssh"), `#!/bin/sh\nexec ${programPath("ssh")} -F ${file("ssh_config")} "$@"\n`);
  await chmod(file("ssh"), 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const authority = `${userInfo().username}@127.0.0.1:${port}`;
  return { authority, configure, key: file("key"), strangeKey: file("strange") };
}

function lines(settings: Record<string, string | number>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join("");
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
