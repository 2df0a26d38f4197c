import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { AuthService } from "../../src/gen/slipway/v1/auth_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { startIssuer } from "../../src/host/access/oidc-issuer.test-helper.js";
import { startHost } from "../host/host.js";
import { tokenTransport } from "../host/token-transport.js";
import { freePort, tempDir } from "../lab/index.js";

/** Starts a host on TCP whose only callers are those of an issuer: apps, which are builders. */
export async function startOidcHost(...more: string[]) {
  const issuer = await startIssuer();
  const sign = await issuer.rotate("ES256");
  const folder = await tempDir();
  const file = join(folder, "issuers.toml");
  const write = (apps: string) =>
    writeFile(
      file,
      `[[issuer]]
name = "own"
url = "${issuer.url}"
audience = "slipway"

[[bind]]
name = "apps"
issuer = "own"
claims = { sub = "${apps}" }
role = "builder"
`,
      { mode: 0o600 },
    );
  await write("app-*");
  const key = join(folder, "key");
  await writeFile(key, randomBytes(32).toString("base64"), { mode: 0o600 });
  const port = await freePort();
  const args = ["--tcp", `127.0.0.1:${port}`, "--issuers-file", file, "--state-key-file", key, ...more];
  const host = await startHost({ args });
  const as = (token?: string) => {
    const transport = tokenTransport(port, token ?? "");
    return {
      auth: createClient(AuthService, transport),
      builds: createClient(BuildService, transport),
      host: createClient(HostService, transport),
    };
  };
  const login = async (app: string) => {
    const answer = await as().auth.exchangeToken({ subjectToken: await sign({ sub: app }) });
    return { ...as(answer.accessToken), token: answer.accessToken, principal: answer.principal };
  };
  return { host, args, url: `http://127.0.0.1:${port}`, as, login, write, sign };
}
