import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Identities } from "../../src/host/access/identities.js";
import { createLog } from "../../src/host/base/log.js";
import { api, namespace } from "../kubernetes-driver/harness.js";
import { lab, tempDir } from "../lab/index.js";
import { reasonOf } from "./harness.js";

it("a token that a cluster issues for a service account is exchanged", async () => {
  const { server, ca, tokens } = lab().kubernetes;
  const space = await namespace();
  await api("POST", `/api/v1/namespaces/${space}/serviceaccounts`, { metadata: { name: "ci" } });
  const tokenFor = async (audience: string) => {
    const { status } = await api<{ status: { token: string } }>(
      "POST",
      `/api/v1/namespaces/${space}/serviceaccounts/ci/token`,
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { audiences: [audience], expirationSeconds: 600 },
      },
    );
    return status.token;
  };
  const folder = await tempDir();
  const [file, tokenFile] = [join(folder, "issuers.toml"), join(folder, "token")];
  await writeFile(tokenFile, tokens.admin);
  await writeFile(
    file,
    `[[issuer]]
name = "cluster"
preset = "kubernetes"
url = "https://kubernetes.default.svc"
audience = "slipway"
keys_url = "${server}/openid/v1/jwks"
ca_file = "${ca}"
token_file = "${tokenFile}"

[[bind]]
name = "ci"
issuer = "cluster"
claims = { sub = "system:serviceaccount:${space}:*" }
principal = "{/kubernetes.io/namespace}"
role = "builder"
`,
    { mode: 0o600 },
  );
  const identities = await Identities.open({ file, keys: [randomBytes(32)] }, createLog("error"));
  onTestFinished(() => identities.close());
  const { token, principal } = await identities.exchange(await tokenFor("slipway"));
  expect(principal).toBe(`oidc:ci:${space}`);
  expect(identities.authenticate(token)).toMatchObject({ id: principal, role: "builder" });
  expect(await reasonOf(identities.exchange(await tokenFor("other")))).toBe("ID_TOKEN_AUDIENCE_WRONG");
});
