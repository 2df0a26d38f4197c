import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { secrets } from "../../src/buildkit/secrets/secrets.js";
import { maxSecretBytes } from "../../src/inputs/secret.js";
import { backends, runStep, solve } from "./solve.js";

describe.each(backends)("$name", ({ connect, base }) => {
  test("gives a secret to one step, complete, and not to the next one", async () => {
    const value = Buffer.alloc(maxSecretBytes, "x");
    const run = "--mount=type=secret,id=big,target=/s sha256sum /s";
    const { error, log } = await solve(connect(), {
      dockerfile: `${runStep(base(), run)}RUN test ! -s /s\n`,
      methods: secrets(new Map([["big", value]])),
    });
    expect(error).toBeUndefined();
    expect(log).toContain(createHash("sha256").update(value).digest("hex"));
  });

  test("fails for a missing secret only if it is required", async () => {
    const optional = runStep(base(), "--mount=type=secret,id=nope,target=/s test ! -s /s && echo without");
    const built = await solve(connect(), { dockerfile: optional, methods: secrets(new Map()) });
    expect(built.error).toBeUndefined();
    expect(built.log).toContain("without");

    const required = runStep(base(), "--mount=type=secret,id=nope,required=true cat /run/secrets/nope");
    const { error } = await solve(connect(), { dockerfile: required, methods: secrets(new Map()) });
    expect(error?.rawMessage).toMatch(/secret nope.*not found/);
  });

  test("does not send a secret that is too large", async () => {
    const methods = secrets(new Map([["big", Buffer.alloc(maxSecretBytes + 1)]]));
    const dockerfile = runStep(base(), "--mount=type=secret,id=big,required=true true");
    const { error } = await solve(connect(), { dockerfile, methods });
    expect(error?.rawMessage).toContain("larger than");
  });
});

test("gives a secret as a variable", async () => {
  const [buildkitd] = backends;
  const dockerfile = runStep(buildkitd!.base(), "--mount=type=secret,id=t,env=TOKEN echo got:$TOKEN");
  const methods = secrets(new Map([["t", Buffer.from("v a l")]]));
  expect((await solve(buildkitd!.connect(), { dockerfile, methods })).log).toContain("got:v a l");
});
