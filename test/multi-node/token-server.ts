import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { TestTls } from "../lab/index.js";
import type { RegistryAccess } from "../lab/registry.js";

/** A token server for one user (distribution's token specification), whose tokens the lab's registry verifies. */
export interface TokenServer {
  access: RegistryAccess;
  /** The scopes of tokens that were requested with the right password. */
  granted: string[];
}

/** Starts a token server; stopped after the test. */
export async function startTokenServer(
  login: { username: string; password: string },
  { ca, serverCert, serverKey }: TestTls,
): Promise<TokenServer> {
  const granted: string[] = [];
  const key = createPrivateKey(await readFile(serverKey));
  const certificate = new X509Certificate(await readFile(serverCert)).raw.toString("base64");
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const url = new URL(request.url ?? "", "http://localhost");
    const basic = Buffer.from(
      request.headers.authorization?.slice("Basic ".length) ?? "",
      "base64",
    ).toString();
    const [username, password] = form.has("password")
      ? [form.get("username"), form.get("password")]
      : basic.split(":");
    if (username !== login.username || password !== login.password) return response.writeHead(401).end("{}");
    const scopes = [...form.getAll("scope"), ...url.searchParams.getAll("scope")].flatMap((all) =>
      all.split(" "),
    );
    granted.push(...scopes);
    const access = scopes.map((scope) => {
      const [type, name, actions = ""] = scope.split(":");
      return { type, name, actions: actions.split(",") };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: "lab",
      sub: username,
      aud: "lab",
      iat: now,
      nbf: now - 10,
      exp: now + 300,
      jti: randomUUID(),
    };
    const token = jwt({ ...claims, access }, key, certificate);
    response.end(JSON.stringify({ token, access_token: token, expires_in: 300 }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return { granted, access: { realm, service: "lab", issuer: "lab", rootcertbundle: ca } };
}

function jwt(claims: object, key: ReturnType<typeof createPrivateKey>, certificate: string): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ typ: "JWT", alg: "ES256", x5c: [certificate] })}.${encode(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}
