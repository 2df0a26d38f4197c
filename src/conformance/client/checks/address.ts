import { chmod, chown, lchown, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCertificate } from "../../../plugin-protocol/certificate.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import { aBuild, errorOf, resultOf, type Subject } from "../subject.js";

const token = "conformance-0123456789abcdef0123456789abcdef";
/** A user who is neither root nor the one who runs the kit. */
const stranger = 65_534;

const needsRoot = () =>
  process.getuid?.() === 0 ? undefined : "Only root can give a folder to another user.";

/** Checks of what a client does before it trusts an address. */
export const addressChecks: ClientCheck[] = [
  {
    id: "CLI-TOKEN",
    title: "Over TCP every call has the token, and no proxy of the environment sees it",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const proxy = await subject.tcpHost();
      const { host, env } = await subject.tcpHost();
      const address = proxy.env.SLIPWAY_HOST!;
      const proxies = { http_proxy: address, HTTP_PROXY: address, grpc_proxy: address, https_proxy: address };
      const variables = { ...env, ...proxies, ...(await tokenFile(subject)) };
      resultOf("A build over TCP", await subject.run(aBuild, variables));
      const without = host.calls.find(({ authorization }) => authorization !== `Bearer ${token}`);
      must(!without, `${without?.method} has no token.`);
      must(proxy.host.connections === 0, "The client connected to the proxy.");
    },
  },
  {
    id: "CLI-TOKEN-CLEAR",
    title: "A token is not sent over plain HTTP beyond the loopback interface: no connection is made",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const { host } = await subject.tcpHost({}, undefined, "0.0.0.0");
      for (const name of ["0.0.0.0", "127.conformance.invalid"]) {
        const env = { SLIPWAY_HOST: `http://${name}:${host.port}`, ...(await tokenFile(subject)) };
        const { code } = errorOf(`A build on http://${name} with a token`, await subject.run(aBuild, env));
        must(code === "INVALID_ARGUMENT", `The reported code is ${code}, expected INVALID_ARGUMENT.`);
      }
      must(host.connections === 0, "The client connected to the address.");
    },
  },
  {
    id: "CLI-TLS",
    title: "https:// works with the authority in $SLIPWAY_CERT_PATH/ca.pem, and with a token",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const certificate = createCertificate();
      const { host, env } = await subject.tcpHost({}, certificate);
      const folder = join(await subject.folder(), "certificates");
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "ca.pem"), certificate.pem);
      const variables = { ...env, ...(await tokenFile(subject)), SLIPWAY_CERT_PATH: folder };
      resultOf("A build over TLS", await subject.run(aBuild, variables));
      const without = host.calls.find(({ authorization }) => authorization !== `Bearer ${token}`);
      must(!without, `${without?.method} has no token.`);
    },
  },
  {
    id: "CLI-TLS-UNTRUSTED",
    title: "A host whose certificate no trusted authority signed is refused",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const { host, env } = await subject.tcpHost({}, createCertificate());
      const variables = { ...env, ...(await tokenFile(subject)) };
      errorOf("A build on a host with an untrusted certificate", await subject.run(aBuild, variables));
      must(host.calls.length === 0, `The client called ${host.calls[0]?.method}.`);
    },
  },
  {
    id: "CLI-SOCKET-MODE",
    title: "A socket in a folder that others can write to is refused, without a connection",
    rule: "call-it.md#any-other-language",
    run: (subject) => refuses(subject, (folder) => chmod(folder, 0o777)),
  },
  {
    id: "CLI-SOCKET-OWNER",
    title: "A socket in a folder of another user is refused, without a connection",
    rule: "call-it.md#any-other-language",
    impossible: needsRoot,
    run: (subject) => refuses(subject, (folder) => chown(folder, stranger, stranger)),
  },
  {
    id: "CLI-SOCKET-LINK",
    title: "A socket behind another user's link is refused, without a connection",
    rule: "call-it.md#any-other-language",
    impossible: needsRoot,
    run: (subject) =>
      refuses(subject, async (folder) => {
        await rename(folder, `${folder}-real`);
        await symlink(`${folder}-real`, folder);
        await lchown(folder, stranger, stranger);
      }),
  },
  {
    id: "CLI-SOCKET-AGAIN",
    title: "The folder is checked again before a new connection",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const folder = await subject.socketFolder();
      const { host, env } = await subject.host({
        // biome-ignore lint/correctness/useYield: the connection is cut before the first event
        async *watchBuild(_request, call) {
          await chmod(folder, 0o777);
          await call.cut();
        },
      });
      const { reason } = errorOf("A build whose socket became unsafe", await subject.run(aBuild, env));
      const count = host.callsOf("WatchBuild").length;
      must(count === 1, "The client connected again, although others can write to the folder.");
      must(
        reason === "SOCKET_FOLDER_UNSAFE",
        `The reported reason is "${reason}", expected SOCKET_FOLDER_UNSAFE.`,
      );
    },
  },
];

async function tokenFile(subject: Subject): Promise<{ SLIPWAY_TOKEN_FILE: string }> {
  const file = join(await subject.folder(), "token");
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return { SLIPWAY_TOKEN_FILE: file };
}

/** Makes the socket's folder unsafe; the client must make no connection. */
async function refuses(subject: Subject, spoil: (folder: string) => Promise<void>): Promise<void> {
  const { host, env } = await subject.host();
  await spoil(await subject.socketFolder());
  const { reason } = errorOf("A build on an unsafe socket", await subject.run(aBuild, env));
  must(host.connections === 0, "The client connected to the socket.");
  must(
    reason === "SOCKET_FOLDER_UNSAFE",
    `The reported reason is "${reason}", expected SOCKET_FOLDER_UNSAFE.`,
  );
}
