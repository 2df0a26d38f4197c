import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { onTestFinished } from "vitest";

/** An OpenID issuer on the loopback interface: its configuration, its keys, and tokens that it signs. */
export interface TestIssuer {
  url: string;
  /** How often its keys were fetched. */
  fetches: number;
  /** Replaces its keys by a new one of an algorithm; returns what signs with the new one. */
  rotate(alg: string): Promise<Sign>;
}

/** Signs a token with these claims beside issuer, audience and times. */
export type Sign = (claims: JWTPayload, header?: { kid?: string }) => Promise<string>;

/** Starts an issuer, which ends with the test. */
export async function startIssuer(): Promise<TestIssuer> {
  let keys: JWK[] = [];
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url === "/keys") {
      issuer.fetches++;
      response.end(JSON.stringify({ keys }));
    } else if (request.url === "/.well-known/openid-configuration")
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
    fetches: 0,
    async rotate(alg) {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const kid = `key-${++count}`;
      keys = [{ ...(await exportJWK(publicKey)), kid, alg, use: "sig" }];
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
