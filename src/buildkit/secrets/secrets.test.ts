import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import {
  GetSecretRequestSchema,
  GetSecretResponseSchema,
} from "../../gen/moby/buildkit/secrets/v1/secrets_pb.js";
import { maxSecretBytes, validateSecret } from "../../inputs/secret.js";
import { callMethod } from "../session/session-call.test-helper.js";
import { secrets } from "./secrets.js";

const [getSecret] = secrets(new Map([["token", Buffer.from("s3cr\0et")]]));

function get(id: string) {
  return callMethod(getSecret!, {
    messages: [toBinary(GetSecretRequestSchema, create(GetSecretRequestSchema, { id }))],
  });
}

test("serves the exact bytes of a secret", async () => {
  expect(getSecret!.path).toBe("/moby.buildkit.secrets.v1.Secrets/GetSecret");
  const { sent, error } = await get("token");
  expect(error).toBeUndefined();
  expect(Buffer.from(fromBinary(GetSecretResponseSchema, sent[0]!).data).toString()).toBe("s3cr\0et");
});

test.each(["missing", "TOKEN", "GIT_AUTH_TOKEN.example.com", ""])("reports %j as NOT_FOUND", async (id) => {
  const { sent, error } = await get(id);
  expect(sent).toEqual([]);
  expect(error).toMatchObject({ code: Code.NotFound });
});

test("accepts up to 500 KiB", () => {
  expect(() => validateSecret("a", new Uint8Array(maxSecretBytes))).not.toThrow();
  expect(() => validateSecret("a", new Uint8Array(maxSecretBytes + 1))).toThrow(
    expect.objectContaining({ reason: "SECRET_TOO_LARGE", field: "secrets[a]" }),
  );
  expect(() => validateSecret("", new Uint8Array())).toThrow(
    expect.objectContaining({ reason: "SECRET_ID_MISSING" }),
  );
});
