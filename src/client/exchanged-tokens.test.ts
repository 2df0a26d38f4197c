import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { encodeError, readTypedError } from "../errors/typed-error.js";
import { AuthService } from "../gen/slipway/v1/auth_pb.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { connectHost } from "./connect.js";
import { exchangedTokens } from "./exchanged-tokens.js";

afterEach(() => void vi.useRealTimers());

/** A host whose tokens are "token-1", "token-2", …, each valid for an hour. It takes only the ones that are given. */
async function startHost({ accepted = /./, answers = true } = {}) {
  let exchanges = 0;
  let asked!: () => void;
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = createServer(
    connectNodeAdapter({
      routes({ service }) {
        service(AuthService, {
          async exchangeToken() {
            asked();
            if (!answers) await new Promise(() => {});
            exchanges++;
            return { accessToken: `token-${exchanges}`, expiresIn: { seconds: 3600n } };
          },
        });
        service(BuildService, {
          getBuild({ id }, { requestHeader }) {
            const [, token = ""] = requestHeader.get("authorization")?.split(" ") ?? [];
            if (accepted.test(token)) return { build: { id, owner: token } };
            throw encodeError({ code: Code.Unauthenticated, reason: "TOKEN_WRONG", message: "It is wrong." });
          },
        });
      },
    }),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = exchangedTokens(() => "id-token", { SLIPWAY_HOST: url });
  const { transport, close } = await connectHost({ kind: "tcp", url }, tokens);
  onTestFinished(() => {
    close();
    server.close();
  });
  const { getBuild } = createClient(BuildService, transport);
  return {
    tokens,
    isAsked,
    exchanges: () => exchanges,
    /** The token of a call. */
    call: async () => (await getBuild({ id: "b" })).build!.owner,
  };
}

test("a token is exchanged once for many calls, and again after the machine has slept", async () => {
  const { call } = await startHost();
  expect([await call(), await call()]).toEqual(["token-1", "token-1"]);
  // As during sleep, only the time of day has gone on.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 58 * 60_000 });
  expect(await call()).toBe("token-1");
  vi.setSystemTime(Date.now() + 2 * 60_000);
  expect([await call(), await call()]).toEqual(["token-2", "token-2"]);
});

test("a token that the host refuses is exchanged again, and the call repeated", async () => {
  const { call, exchanges } = await startHost({ accepted: /^token-[23]$/ });
  expect(await Promise.all([call(), call()])).toEqual(["token-2", "token-2"]);
  expect([await call(), exchanges()]).toEqual(["token-2", 2]);
});

test("a call whose next token is refused, too, is not repeated again", async () => {
  const { call, exchanges } = await startHost({ accepted: /^none$/ });
  expect(readTypedError(await call().catch((cause) => cause)).reason).toBe("TOKEN_WRONG");
  expect(exchanges()).toBe(2);
});

test("an exchange that gets no answer ends after 30 seconds", async () => {
  const { tokens, isAsked } = await startHost({ answers: false });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const outcome = Promise.resolve(tokens()).catch((cause) => readTypedError(cause).code);
  await isAsked;
  vi.advanceTimersByTime(29_000);
  expect(await Promise.race([outcome, new Promise((resolve) => setImmediate(resolve, "waits"))])).toBe(
    "waits",
  );
  vi.advanceTimersByTime(1_000);
  expect(await outcome).toBe(Code.DeadlineExceeded);
});
