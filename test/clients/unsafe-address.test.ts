import { once } from "node:events";
import { chmod, chown, lchown, mkdir, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type ListenOptions } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { run, tempDir } from "../lab/index.js";
import { type Command, examples } from "./clients.js";

const stranger = 65_534;

/** A server that is not a host. It counts and closes connections. */
async function startImpostor(options: ListenOptions) {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(options);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** Folders in which another user can have created the socket, or which another user can replace. */
const unsafeFolders: [what: string, make: (folder: string, runtime: string) => Promise<void>][] = [
  [
    "a folder of another user",
    async (folder) => {
      await mkdir(folder, { mode: 0o700 });
      await chown(folder, stranger, stranger);
    },
  ],
  [
    "a folder that others can write to",
    async (folder) => {
      await mkdir(folder);
      await chmod(folder, 0o777);
    },
  ],
  [
    "a link of another user",
    async (folder, runtime) => {
      await mkdir(join(runtime, "mine"), { mode: 0o700 });
      await symlink("mine", folder);
      await lchown(folder, stranger, stranger);
    },
  ],
  [
    "a folder below one that others can write to",
    async (folder, runtime) => {
      await mkdir(folder, { mode: 0o700 });
      await chmod(runtime, 0o777);
    },
  ],
  [
    "a link to a folder below one of another user",
    async (folder, runtime) => {
      await mkdir(join(runtime, "foreign", "slipway"), { recursive: true, mode: 0o700 });
      await chown(join(runtime, "foreign"), stranger, stranger);
      await symlink("foreign/slipway", folder);
    },
  ],
];

describe.each(Object.keys(examples))("the client in %s", (language) => {
  let example: Command;
  beforeAll(async () => {
    example = (await examples[language]!()).tour;
  }, 900_000);

  /** Runs the example until its first error. A host that it starts exits immediately. */
  const connect = async (variables: Record<string, string>) => {
    const env = { PATH: process.env.PATH, HOME: await tempDir(), SLIPWAY: "false", ...variables };
    return run(example.command, [...example.args, "/nowhere", "/nowhere.tar"], { env, timeout: 240_000 });
  };

  it.each(unsafeFolders)("makes no connection to a socket in %s", async (_what, make) => {
    const runtime = await tempDir();
    const folder = join(runtime, "slipway");
    await make(folder, runtime);
    const path = join(folder, "slipway.sock");
    const impostor = await startImpostor({ path });
    const addresses: Record<string, string>[] = [
      { XDG_RUNTIME_DIR: runtime },
      { SLIPWAY_HOST: `unix://${path}` },
    ];
    for (const address of addresses) {
      const { code, stderr } = await connect(address);
      expect([code, stderr, impostor.connections()]).toEqual([
        1,
        expect.stringMatching(/^SOCKET_FOLDER_UNSAFE: .*slipway/m),
        0,
      ]);
    }
  });

  it("sends no token over plain HTTP beyond the loopback", async () => {
    const tokenFile = join(await tempDir(), "token");
    await writeFile(tokenFile, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
    const impostor = await startImpostor({ host: "0.0.0.0", port: 0 });
    for (const host of ["0.0.0.0", "127.evil.example"]) {
      const { code, stderr } = await connect({
        SLIPWAY_HOST: `http://${host}:${impostor.port}`,
        SLIPWAY_TOKEN_FILE: tokenFile,
      });
      expect([code, stderr, impostor.connections()]).toEqual([
        1,
        expect.stringMatching(/^HOST_ADDRESS_INVALID: .*clear text/m),
        0,
      ]);
    }
  });

  it("makes no connection to an address with a user and a password, and does not show them", async () => {
    const { port, connections } = await startImpostor({ host: "127.0.0.1", port: 0 });
    const tried = await Promise.all(
      [
        ...["https://ann:hidden-word@", "http://ann:hidden-word@", "http://hidden-word@"],
        // No URLs; a password can have any character.
        ...["http://ann:hidden-word/hidden-word@", "http://ann:[hidden-word@", "ann:hidden-word@"],
      ].map((start) => connect({ SLIPWAY_HOST: `${start}127.0.0.1:${port}` })),
    );
    for (const { code, stdout, stderr } of tried) {
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^HOST_ADDRESS_INVALID: /m)]);
      expect(stdout + stderr).not.toContain("hidden-word");
    }
    expect(connections()).toBe(0);
  });
});
