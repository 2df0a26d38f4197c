import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { startOidcHost } from "../access/oidc-host.js";
import { createRemote } from "../builders/harness.js";
import { contextOf } from "../host/build.js";
import { run, tempDir } from "../lab/index.js";
import { type Command, examples } from "./clients.js";

describe.each(Object.keys(examples))("a job of the client in %s", (language) => {
  let job: Command;
  beforeAll(async () => {
    job = (await examples[language]!()).job;
  }, 900_000);

  it("builds with tokens for its ID token, or fails with the reason", async () => {
    const { host, url, sign } = await startOidcHost();
    await createRemote(host, "shared");
    const file = join(await tempDir(), "id-token");
    const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const build = (address = url) => {
      const env = { PATH: process.env.PATH, SLIPWAY_HOST: address, ID_TOKEN_FILE: file };
      return run(job.command, [...job.args, context, "shared"], { env });
    };

    await writeFile(file, await sign({ sub: "app-a" }));
    expect(await build()).toMatchObject({ code: 0, stdout: "built\n", stderr: "" });
    await writeFile(file, await sign({ sub: "somebody" }));
    expect(await build()).toMatchObject({ code: 1, stderr: expect.stringContaining("IDENTITY_UNBOUND: ") });
    await rm(file);
    expect(await build()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^TOKEN_SOURCE_FAILED: .*id-token/m),
    });
    // Refused before the function is called.
    expect(await build("http://192.0.2.1:1")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("HOST_ADDRESS_INVALID: "),
    });
  });
});
