import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { onTestFinished } from "vitest";

/** An OpenID issuer on the loopback interface: its configuration, its keys, and tokens that it signs. */
export interface TestIssuer {
  url: string;
  /** Paths of the requests that it got. */
  requests: string[];
  /** The public keys. */
  keys: JWK[];
  /** Answers to a path with something else from now on. */
  answer(path: string, status: number, body: string, headers?: Record<string, string>): void;
  /** Replaces its keys by a new one of an algorithm; returns what signs with the new one. */
  rotate(alg: string): Promise<Sign>;
}

/** Signs a token with these claims beside issuer, audience and times. */
export type Sign = (claims: JWTPayload, header?: { kid?: string }) => Promise<string>;

/** Starts an issuer, which ends with the test. */
export async function startIssuer(): Promise<TestIssuer> {
  const answers = new Map<string, { status: number; body: string; headers: Record<string, string> }>();
  const server = createServer(({ url = "" }, response) => {
    issuer.requests.push(url);
    const other = answers.get(url);
    response.setHeader("content-type", "application/json");
    if (other) response.writeHead(other.status, other.headers).end(other.body);
    else if (url === "/keys") response.end(JSON.stringify({ keys: issuer.keys }));
    else if (url === "/.well-known/openid-configuration")
      response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  let count = 0;
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    keys: [],
    answer: (path, status, body, headers = {}) => answers.set(path, { status, body, headers }),
    async rotate(alg) {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const kid = `key-${++count}`;
      issuer.keys = [{ ...(await exportJWK(publicKey)), kid, alg, use: "sig" }];
      return (claims, header) =>
        new SignJWT({ iss: issuer.url, aud: "slipway", sub: "app", ...claims })
          .setProtectedHeader({ alg, kid, ...header })
          .setIssuedAt()
          .setExpirationTime(typeof claims.exp === "number" ? claims.exp : "5m")
          .sign(privateKey);
    },
  };
  return issuer;
}
