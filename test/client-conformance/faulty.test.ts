import { expect, test } from "vitest";
import { clientChecks } from "../../src/conformance/index.js";
import { buildSampleClients, checkSample, faultyClients } from "./sample-clients.js";

buildSampleClients();

/** The finding for each faulty client. Its file is named after the check that must find the fault. */
const findings: Record<string, RegExp> = {
  "CLI-TOKEN": /Negotiate has no token\./,
  "CLI-TOKEN-CLEAR": /A build on http:\/\/0\.0\.0\.0 with a token ended with a result, expected an error\./,
  "CLI-TLS": /A build over TLS ended with the error UNAVAILABLE/,
  "CLI-TLS-UNTRUSTED": /A build on a host with an untrusted certificate ended with a result/,
  "CLI-SOCKET-MODE": /A build on an unsafe socket ended with a result/,
  "CLI-SOCKET-OWNER": /A build on an unsafe socket ended with a result/,
  "CLI-SOCKET-LINK": /A build on an unsafe socket ended with a result/,
  "CLI-SOCKET-AGAIN": /The client connected again, although others can write to the folder\./,
  "CLI-NEGOTIATE": /The first call was ListBuilders\./,
  "CLI-NEGOTIATE-REQUIRED": /A build with a missing capability ended with a result, expected an error\./,
  "CLI-NEGOTIATE-UNKNOWN": /ended with the error .*unknown capability conformance\.unknown/,
  "CLI-ENVIRONMENT": /StartBuild has the variables .*, which are not set or not asked for\./,
  "CLI-REQUEST-ID": /The request_id of StartBuild is "1", expected a UUID\./,
  "CLI-START-RETRY": /StartBuild was repeated with another request_id\./,
  "CLI-START-STOPPING":
    /A build on a host that is restarted ended with the error UNAVAILABLE \(HOST_STOPPING\)/,
  "CLI-START-BACKOFF": /The delays between the attempts are .*, expected growing ones\./,
  "CLI-START-FINAL": /StartBuild was called 6 times, although the host answered QUOTA_EXCEEDED\./,
  "CLI-WATCH-RESUME": /The client reported the events 1, 2, 1, 2, .*, expected 1, 2, 3, 4, 5, 6\./,
  "CLI-WATCH-NO-STATUS": /A build whose watch broke twice ended with the error /,
  "CLI-WATCH-UNFINISHED": /A build whose watch broke twice ended with the error .*the build has ended/,
  "CLI-WATCH-STOPPING": /A build whose watch broke twice ended with the error UNAVAILABLE \(HOST_STOPPING\)/,
  "CLI-WATCH-TOKEN": /A build whose watch broke twice ended with the error UNAUTHENTICATED \(TOKEN_EXPIRED\)/,
  "CLI-WATCH-REFUSED": /WatchBuild was called again after EVENTS_EXPIRED\./,
  "CLI-WATCH-GONE": /A build whose host went away ended with a result, expected an error\./,
  "CLI-RETRY-DELAY": /StartBuild was repeated after \d+ ms, although the host asked for a delay of 2000 ms\./,
  "CLI-DEADLINE": /A list that the host does not answer in time ended with a result, expected an error\./,
  "CLI-OUTPUT": /Of the streamed output 786432 bytes were reported, expected 1048576\./,
  "CLI-OUTPUT-TRUNCATED":
    /A build whose streamed output was cut off ended with a result, expected an error\./,
  "CLI-CANCEL": /CancelBuild was not called\./,
  "CLI-PAGES": /The client lists one, two, expected one, two, three\./,
  "CLI-ERROR-INFO": /The metadata builder are "undefined", expected "conformance"\./,
  "CLI-ERROR-REMEDY": /The reported remedy is "", expected "Correct the fields\."/,
  "CLI-ERROR-FIELDS": /The violation "It has a space\." of spec\.tags\[0\] is not reported\./,
  "CLI-ERROR-HINTS":
    /is reported with the reason "TAG_INVALID" and the remedy "", expected TAG_INVALID and "Remove/,
  "CLI-ERROR-RETRY": /The reported delay is 0 ms, expected 90500 ms\./,
  "CLI-ERROR-CALL": /The reported id is "", expected "call-1"\./,
  "CLI-ERROR-BARE": /The reported error is INTERNAL "It failed\."\./,
  "CLI-ERROR-BUILD": /The reported error is UNKNOWN \(DOCKERFILE_SYNTAX\), expected INVALID_ARGUMENT/,
  "CLI-NEW-EVENTS": /A build ended with the error .*unknown event/,
  "CLI-NEW-FIELDS": /A build on a newer host ended with the error .*unknown field/,
  "CLI-NEW-VALUES": /A build ended with the error .*unknown value/,
  "CLI-NEW-CODES": /The reported reason is "UNKNOWN", expected NEW_REASON\./,
  "CLI-LARGE": /A build ended with the error RESOURCE_EXHAUSTED/,
  "CLI-CONTEXT-PATH": /The context of StartBuild is upload "upload-1", expected the path /,
  "CLI-UPLOAD": /The upload was not finished\./,
  "CLI-UPLOAD-MISSING": /The content sha256:.* was sent, although the host has it\./,
  "CLI-UPLOAD-CHUNKS": /A message has contents of \d+ bytes, although max_chunk_bytes is 65536\./,
  "CLI-UPLOAD-IGNORE": /secret was sent, although \.dockerignore excludes it\./,
  "CLI-UPLOAD-IGNORE-LARGE":
    /A build with 50 001 patterns in \.dockerignore ended with a result, expected an error\./,
  "CLI-UPLOAD-REFUSED": /A build whose upload is refused ended with a result, expected an error\./,
};

test("every check has a faulty client", () => {
  const ids = clientChecks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const names = Object.keys(faultyClients()).map((name) => name.toUpperCase());
  expect(names.sort()).toEqual([...ids].sort());
  expect(Object.keys(findings).sort()).toEqual([...ids].sort());
});

// Checks mostly wait, and each has its own host and client.
test.concurrent("a client without a fault passes all checks", async () => {
  const { subject, results } = await checkSample("conforming");
  expect(subject).toBe("sample 1.0.0");
  expect(results.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
}, 900_000);

// What a client does about addresses does not depend on the protocol.
const overAnyProtocol = clientChecks.map(({ id }) => id).filter((id) => !/^CLI-(TOKEN|TLS|SOCKET)/.test(id));

test.concurrent.each(["connect-json", "grpc-web"])(
  "a client that speaks %s passes the checks, too",
  async (name) => {
    const { results } = await checkSample(name, overAnyProtocol);
    expect(results.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
  },
  900_000,
);

test.concurrent.each(Object.entries(findings))("%s finds its faulty client", async (id, finding) => {
  const { results } = await checkSample(id.toLowerCase(), [id]);
  const outcome = clientChecks.find((check) => check.id === id)!.level === "SHOULD" ? "warned" : "failed";
  expect(results).toMatchObject([{ id, outcome, reason: expect.stringMatching(finding) }]);
});
