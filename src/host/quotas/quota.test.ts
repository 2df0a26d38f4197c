import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { localPrincipal, type Principal } from "../access/principal.js";
import { limitsWith } from "./limits.js";
import { Quota } from "./quota.js";

const ann: Principal = { id: "token:ann", role: "builder", groups: [] };
const bob: Principal = { id: "token:bob", role: "builder", groups: [] };
const builds = {
  all: "builds",
  each: "principal-builds",
  what: "running builds",
  remedy: "Start it when one of the running builds ends.",
} as const;

function refusalOf(work: () => void) {
  try {
    work();
  } catch (cause) {
    return readTypedError(cause);
  }
  return undefined;
}

test("limits one principal, and says what, how much and until when", () => {
  const quota = new Quota(builds, limitsWith({ "principal-builds": 2 }));
  quota.take(ann, 1);
  quota.take(ann, 1);
  expect(refusalOf(() => quota.take(ann, 1, () => 1500))).toMatchObject({
    code: Code.ResourceExhausted,
    reason: "QUOTA_EXCEEDED",
    message:
      "There is no room for more running builds: the caller has 2, and the limit for one principal is 2.",
    remedy: "Start it when one of the running builds ends.",
    metadata: { quota: "principal-builds", limit: "2", used: "2", requested: "1" },
    quota: { subject: "token:ann" },
    retryAfterMs: 1500,
  });
  // Other principals are unaffected, and what is given back can be taken again.
  quota.take(bob, 1);
  quota.give(ann, 1);
  quota.take(ann, 1);
});

test("limits all principals together, and reveals nothing about others", () => {
  const quota = new Quota(builds, limitsWith({ builds: 3 }));
  quota.take(ann, 1);
  quota.take(bob, 1);
  quota.take(bob, 1);
  const refusal = refusalOf(() => quota.take(ann, 1));
  expect(refusal).toMatchObject({
    message:
      "There is no room for more running builds: the caller has 1, and the host is at its limit of 3 for all principals.",
    metadata: { quota: "builds", limit: "3", used: "1", requested: "1" },
    quota: { subject: "host" },
  });
  expect(JSON.stringify(refusal)).not.toMatch(/bob|"2"/);
});

test("the local user has no share, and can use all", () => {
  const quota = new Quota(builds, limitsWith({ builds: 4, "principal-builds": 1 }));
  expect([quota.limitOf(localPrincipal), quota.limitOf(ann)]).toEqual([4, 1]);
  for (let taken = 0; taken < 4; taken += 1) quota.take(localPrincipal, 1);
  expect(refusalOf(() => quota.take(localPrincipal, 1))?.metadata).toMatchObject({ quota: "builds" });
});

test("amounts of bytes are readable", () => {
  const kind = { ...builds, all: "upload-bytes", each: "principal-upload-bytes", what: "content" } as const;
  const quota = new Quota(kind, limitsWith({ "principal-upload-bytes": 3 << 29 }));
  quota.take(ann, 1 << 30);
  expect(refusalOf(() => quota.take(ann, 1 << 30))?.message).toBe(
    "There is no room for more content: the caller has 1 GiB, 1 GiB more are requested, and the limit for one principal is 1.5 GiB.",
  );
});

test("without a limit nothing is refused", () => {
  const quota = new Quota(
    builds,
    limitsWith({ builds: Number.POSITIVE_INFINITY, "principal-builds": Infinity }),
  );
  quota.take(ann, Number.MAX_SAFE_INTEGER);
  quota.take(ann, 1);
  expect(quota.limitOf(ann)).toBe(Number.POSITIVE_INFINITY);
});
