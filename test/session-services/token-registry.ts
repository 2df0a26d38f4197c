import { randomUUID } from "node:crypto";
import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** A registry that requires bearer tokens of its token server. */
export interface TokenRegistry {
  host: string;
  /** User and scope of each issued token. */
  issued: string[];
}

/**
 * Starts a proxy in front of a registry until the test ends. It requires a token, which it issues, by POST only, for
 * the password.
 */
export async function guardWithTokens(
  registry: string,
  { username, password }: { username: string; password: string },
): Promise<TokenRegistry> {
  const tokens = new Set<string>();
  const issued: string[] = [];
  const server = createServer(async (request, response) => {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (request.url?.startsWith("/token")) {
      const form = new URLSearchParams(await text(request));
      if (
        request.method !== "POST" ||
        form.get("username") !== username ||
        form.get("password") !== password
      ) {
        response
          .writeHead(401)
          .end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "who are you?" }] }));
        return;
      }
      const token = randomUUID();
      tokens.add(token);
      issued.push(`${form.get("username")} ${form.get("scope")}`);
      response.end(JSON.stringify({ access_token: token, expires_in: 300 }));
      return;
    }
    const token = request.headers.authorization?.replace(/^Bearer /, "");
    if (token === undefined || !tokens.has(token)) {
      const challenge = `Bearer realm="http://${host}/token",service="lab",scope="repository:base:pull"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
      return;
    }
    const { authorization: _, ...headers } = request.headers;
    const [hostname, port] = registry.split(":");
    const upstream = forward(
      { hostname, port, method: request.method, path: request.url, headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    upstream.on("error", () => response.destroy());
    request.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, issued };
}
