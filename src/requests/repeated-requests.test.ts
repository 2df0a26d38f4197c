import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, onTestFinished, test, vi } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { CreateBuilderRequestSchema } from "../gen/slipway/v1/builder_pb.js";
import { RepeatedRequests } from "./repeated-requests.js";

const requestId = "6f1a3c1e-8a3b-4a5c-9d7e-2b1c0f9e8d7a";
type Init = MessageInitShape<typeof CreateBuilderRequestSchema>;

function setUp() {
  const repeated = new RepeatedRequests();
  let calls = 0;
  const make = async () => ++calls;
  const call = (
    init: Init,
    work: () => Promise<number> = make,
    { principal = "local", signal = new AbortController().signal } = {},
  ) => {
    const request = create(CreateBuilderRequestSchema, init as never);
    return repeated.answer({ desc: CreateBuilderRequestSchema, request, principal, signal }, work);
  };
  return { call, make };
}

test("without an id every request is made", async () => {
  const { call } = setUp();
  expect([await call({}), await call({})]).toEqual([1, 2]);
});

test("a repeated request has the first answer, in whatever case its id is and order its maps are", async () => {
  const { call } = setUp();
  const first = { requestId, name: "b", environment: { A: "1", B: "2" } };
  const again = { requestId: requestId.toUpperCase(), name: "b", environment: { B: "2", A: "1" } };
  expect(await Promise.all([call(first), call(again)])).toEqual([1, 1]);
  expect(await call(again)).toBe(1);
});

test("another content with the same id is refused, and another principal's request is not", async () => {
  const { call } = setUp();
  await call({ requestId, name: "b" });
  for (const other of [
    { requestId, name: "c" },
    { requestId, name: "b", validateOnly: true },
  ]) {
    const error = await call(other).catch(readTypedError);
    expect(error).toMatchObject({ reason: "REQUEST_ID_REUSED", fields: [{ field: "request_id" }] });
  }
  expect(await call({ requestId, name: "c" }, undefined, { principal: "token:ci" })).toBe(2);
});

test.each(["1", "x".repeat(36), "00000000-0000-0000-0000-000000000000", `${requestId}0`])(
  "the id %s is refused",
  async (id) => {
    const { call } = setUp();
    expect(await call({ requestId: id }).catch(readTypedError)).toMatchObject({
      reason: "REQUEST_ID_INVALID",
    });
  },
);

test("a request that failed is made again, also by those that waited for it", async () => {
  const { call } = setUp();
  const failing = call({ requestId }, () => Promise.reject(new Error("gone")));
  const waiting = [call({ requestId }), call({ requestId })];
  await expect(failing).rejects.toThrow("gone");
  expect(await Promise.all(waiting)).toEqual([1, 1]);
});

test("a caller that leaves does not wait for the first request", async () => {
  const { call } = setUp();
  void call({ requestId }, () => new Promise(() => {}));
  const leaving = new AbortController();
  const second = call({ requestId }, undefined, { signal: leaving.signal });
  leaving.abort(new Error("left"));
  await expect(second).rejects.toThrow("left");
});

test("answers are forgotten after an hour", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { call } = setUp();
  await call({ requestId });
  vi.advanceTimersByTime(59 * 60_000);
  expect(await call({ requestId })).toBe(1);
  // The clock of the machine may be set meanwhile.
  vi.setSystemTime(Date.now() + 24 * 60 * 60_000);
  expect(await call({ requestId })).toBe(1);
  vi.advanceTimersByTime(2 * 60_000);
  expect(await call({ requestId })).toBe(2);
});
