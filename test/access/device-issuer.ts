import { randomBytes } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";
import { onTestFinished } from "vitest";

/** A real OpenID issuer on the loopback interface, whose public client "slipway" logs people in by the device flow. */
export interface DeviceIssuer {
  url: string;
  /** Approves a login as a person does in a browser: opens the page, and submits its forms with this name. */
  approve(page: string, name: string): Promise<void>;
  /** Denies a login as a person does in a browser. */
  deny(page: string): Promise<void>;
  /** Ids of the grants that were revoked. */
  revoked: string[];
}

/** Starts an issuer, which ends with the test. */
export async function startDeviceIssuer({
  codeLifetimeS = 60,
  tls,
}: {
  codeLifetimeS?: number;
  /** Certificate and key in PEM, for https. */
  tls?: { cert: string; key: string };
} = {}): Promise<DeviceIssuer> {
  const server = tls ? createTlsServer(tls) : createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const provider = new Provider(url, {
    clients: [
      {
        client_id: "slipway",
        token_endpoint_auth_method: "none",
        grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        response_types: [],
        redirect_uris: [],
      },
    ],
    cookies: { keys: [randomBytes(16).toString("hex")] },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: { deviceFlow: { enabled: true }, revocation: { enabled: true } },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "key" }] },
    ttl: {
      AccessToken: 60,
      DeviceCode: codeLifetimeS,
      Grant: 600,
      IdToken: 60,
      Interaction: 60,
      RefreshToken: 600,
      Session: 600,
    },
  });
  // The default of five seconds would be most of the test's time.
  provider.use(async (context, next) => {
    await next();
    if (context.oidc?.route === "device_authorization")
      Object.assign(context.body as object, { interval: 1 });
  });
  const revoked: string[] = [];
  provider.on("grant.revoked", (_context, grant) => revoked.push(grant));
  server.on("request", provider.callback() as RequestListener);
  return {
    url,
    revoked,
    approve: (page, name) => followForms(page, { login: name, password: "any" }, /Sign-in Success/),
    deny: (page) => followForms(page, { abort: "yes" }, /was interrupted/),
  };
}

/** Opens a page and submits each form that follows, with these values, until a page has a text. */
async function followForms(page: string, values: Record<string, string>, end: RegExp): Promise<void> {
  const cookies = new Map<string, string>();
  const open = async (target: string, form?: URLSearchParams): Promise<{ at: string; html: string }> => {
    const answer = await fetch(target, {
      method: form ? "POST" : "GET",
      body: form,
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      redirect: "manual",
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    const next = answer.headers.get("location");
    return next ? open(new URL(next, target).href) : { at: target, html: await answer.text() };
  };
  let { at, html } = await open(page);
  for (let step = 0; !end.test(html); step++) {
    const [form] = /<form[\s\S]*?<\/form>/.exec(html) ?? [];
    if (!form || step === 10) throw new Error(`no form leads on from ${at}:\n${html}`);
    const attribute = (tag: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
    const fields = new URLSearchParams();
    for (const [input] of form.matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, "name");
      fields.set(name, values[name] ?? attribute(input, "value"));
    }
    // A button beside the form that confirms the code.
    if (values.abort && form.includes("op.deviceConfirmForm")) fields.set("abort", values.abort);
    ({ at, html } = await open(new URL(attribute(form, "action"), at).href, fields));
  }
}
