import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { AuthService } from "../../gen/slipway/v1/auth_pb.js";
import { Identities } from "../access/identities.js";
import { createLog } from "../base/log.js";
import { authService } from "./auth-service.js";

it("takes no id of a build that is longer than any", async () => {
  const folder = await mkdtemp(join(tmpdir(), "issuers"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "issuers.toml");
  await writeFile(file, "", { mode: 0o600 });
  const identities = await Identities.open({ file, keys: [randomBytes(32)] }, createLog("error"));
  onTestFinished(() => identities.close());
  const transport = createRouterTransport(({ service }) => {
    service(AuthService, authService(identities));
  });
  const refusalOf = async (build: string) => {
    const subjectTokenType = "urn:ietf:params:oauth:token-type:access_token";
    const request = { subjectToken: "wrong", subjectTokenType, build };
    const { reason, fields } = readTypedError(
      await createClient(AuthService, transport)
        .exchangeToken(request)
        .catch((cause) => cause),
    );
    return [reason, ...fields!.map(({ field }) => field)];
  };
  expect(await refusalOf("b".repeat(129))).toEqual(["BUILD_UNKNOWN", "build"]);
  expect(await refusalOf("b".repeat(128))).toEqual(["TOKEN_WRONG"]);
});
