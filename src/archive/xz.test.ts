import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { inChunks } from "./make-tar.test-helper.js";
import { unxz } from "./xz.js";

/** Output of Python's `lzma.compress(text)`. */
const packed = Buffer.from(
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj5OL5BiRdADYaSh8IoCiQIlpmVNrOjuPl7Rx+RSUJEvN2OcVIAq8dSPl39GbnntPlWaDGkF23e+iNeV" +
    "PwFJP8PDszovsiH8PwxqZCMP2ZAkBxdzlhPAuwDutcesZpzsZ3qVWtVOPIitJyPc2Jr8manciymfDu0vaKhsajubBfU0MOA4cJLEzimmJKFESm" +
    "MPIna05/wIoqQNyMW64c/h8ThYykT0wvOTBORs57NLivUJCmQiQH8uzpdJ4bCk+577cpGIMFdwOS8PAh7HOp3VyOsrw3sazM7mYlVYdO921ogu" +
    "0RLiUG2V7ynPVXYb78kTjEvKD1CbZ8rJq+dTEWfghj9woRphq7VMV0i7dSLvMeT2O3P4cc566Ze+VhIrwKzmqn9StTM9s9k3HZwYoAcpWFxSWF" +
    "Bp+06+A6y+dik730MA/3K5vz/8/B44KHt8nsgVST6mYyH+9xo0ho8Zayb5DOL5BCGT20otFs7ZWsuTpaAs3isq3q3mXoGTVNXhEw2nlRbQP/0f" +
    "lYFg9XRdMhfAJ1BwXSJzhb4f6n5SSYrL3JReFwfnWtTXvregwA33auHRv/Eoxh5pJAhSPL5Jjw8kWy0VEghKU9w+SrZTvDGk6ugs+rskTRUR40" +
    "ENzDQJtkqPouWKa4FzII3ikG4GIzc+5SESvrD6GrmFSvLf7BknV3JVRm081t4MRxPrYikUoqIDlHVfjmWKXZT/eIbdEmB+lxLSqgD7Lf1g30vK" +
    "0dE4aOnbK8odQ/YA2KJA4MZnLUiMCfJ+gvF0II+3YWKsPByEIIeGY0sYrWGZXRwVLCWq2vBU5m4aVk/rmRdui8sWjfwLS1JWVlU8S6alNMQMzP" +
    "ySPuuP1CtsSpRW3ryhrUYDpKBzFs10SKjXjStU8RIx7BxLmuoPg8nKH1OsdHn/TRf+9IPYZ2ccSp4lwlDH3B1un27actWmKR/Viw8cnQ9k6u3e" +
    "i3ihOTBsrjaYZkma03vlJYU5FPSRr2UhscS1HBomcuJauGPA7aGa1iKsC+cJOkvftDZxeCgGvmgicDL1OsqFNvjD2bEds7jX2XhdO2cnoxXGix" +
    "vtRzY3mBnSdsyRD1OTBlsTzLg/70vivjj7h2oEHnVWSv54D4jLWZJcEZZoaRw/HCY2XhYbXLu0rDvAnQ20v2wVAkRMfzEaGwTtndmRrxvpBu1+" +
    "aZ+T2UYqB4EYKOMpF5PY1TbQN/mC0p9Pji7nWeGtT/1t0a9fzRN7EtF33KttA/YWBLtd7gzzyUO8h4ROd+NgDsr6RQWpu5onVD58vDSXvpb5sa" +
    "IiksZUBXujLI5Ai06Ji8yX9YltRNnPtinDGieEc7U621b/BiNErwJGE53vIeax1gJyRlUgcBABiGThytNV1FgU0vjl6nCR19nzF1B+BATJXM/9" +
    "lUOhVg77AMmBQCV7rQnk2kal9YXc0Lb8vxBnqZVXFaipehOoly2RKGpsu3eVQq1lYfl0kNmbXcy4fIeoS6gyd1T24JYMnhO468QPpE3VQrsjVG" +
    "ImXCnSh5tVaqYZzP7qs3/N0kkaoW29vyW7+BI07YtoA14BLQ29Bj5uzmvWvxqJItNJlxfDzi4yE7YLwEyKksuTJC4DikatsYMeonHvaESwrUkU" +
    "iSBlQn5jbep8zU/Beg5Mmm2knL760dGmZXcAcgpZIOdL/j9vZw4b53DeNBKz0YF138JG9SBBokp3/nO1sKXURmeJ8X/f/QpKEQI60pVMVAxpA4" +
    "mc+jB3JxIcF2JAuw1sxAM5/2gHlSdfqu/xliCMDwUYTuGhh9dnFW1hZw0juY8jjVJy4pGq6rukO32/aXPoq50hyObQPPqHcRuXOHYvVtQLQrhg" +
    "097DbnAm71EFUPLV6N/ClliEPALHymYd7RVH9rYPmlWRulF7uziXdRtuB+agwFZ3bwTZ+DCjaYVSI8nVg1ZPbGHqt/wsQeCHet4ZeSqe/445IB" +
    "1yKA8z8yrrnRN1pntz/xpUAG5N7Zr5N+bIoavLnEdQn1oURxu2oeDMqKwESi3c9lF5aVxPEqxnefa/0oIh5khTqHdWe5HQKcnO7khLsVLyf9UY" +
    "zk1z7HG6NyVeSj+uHLOxTAMjeYpRUBpeijCSrsqv9P45AqAADv3CMIcYs6FwABwAz6xRMAksQdCLHEZ/sCAAAAAARZWg==",
  "base64",
);
const text = `${Array.from({ length: 2000 }, (_, i) => `line ${i % 97} ${i % 13}\n`).join("")}${"a".repeat(300_000)}`;
/** The same for no bytes. */
const empty = Buffer.from("/Td6WFoAAATm1rRGAAAAABzfRCEftvN9AQAAAAAEWVo=", "base64");

async function decode(bytes: Uint8Array, chunkSize = bytes.length): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of unxz(inChunks(bytes, chunkSize))) hash.update(chunk);
  return hash.digest("hex");
}

const digestOf = (expected: string) => createHash("sha256").update(expected).digest("hex");
const reasonOf = (bytes: Uint8Array) =>
  decode(bytes).then(
    () => expect.unreachable("The data are damaged."),
    (cause) => readTypedError(cause).reason,
  );

test.each([1, 7, 1000, 100_000])("unpacks in chunks of %i bytes", async (chunkSize) => {
  expect(await decode(packed, chunkSize)).toBe(digestOf(text));
});

// Made with Python's module lzma, which is liblzma.
test.each([
  [
    "CRC-32",
    "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AALAAhdADCYiKfqJQAAADQqbloAASAMot20vJBCmQ0BAAAAAAFZWg==",
    "f70acb68693868ebf40255cce7d053743c346ae1e9dbb69e79e26fa8852d04ec",
  ],
  [
    "SHA-256",
    "/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4AALAAhdADCYiKfqJQAAAPcKy2hpOGjr9AJVzOfQU3Q8NGrh6du2nnnib6iFLQTsAAE8DP+Aw1oYm0uaAQAAAAAKWVo=",
    "f70acb68693868ebf40255cce7d053743c346ae1e9dbb69e79e26fa8852d04ec",
  ],
  [
    "no checksum",
    "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4AALAAhdADCYiKfqJQAAAAABHAxdpEfPBnKeegEAAAAAAFla",
    "f70acb68693868ebf40255cce7d053743c346ae1e9dbb69e79e26fa8852d04ec",
  ],
  [
    "other properties",
    "/Td6WFoAAATm1rRGAgAhAQAAAAA3J5fW4ADvAAnYADCYiHe2EAAAAAAAAAD1wVBDyYvtFAABJfABAAAAYHe8ZLHEZ/sCAAAAAARZWg==",
    "8c03bdd4f697adff7d5c837a4b48a7806117b705b77ce033bfc086d1c4921368",
  ],
  [
    "a window of 64 MiB",
    "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AALAAhdADCYiKfqJQAAAJPPQ1RJFDZdAAEkDKYY2NgftvN9AQAAAAAEWVo=",
    "f70acb68693868ebf40255cce7d053743c346ae1e9dbb69e79e26fa8852d04ec",
  ],
  [
    "a chunk that is not compressed",
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQE3RCCCPP3m8cJrMPkOx90B5Ih1NKIPCw0Ew27YDnHg/XewdnDrlAvVM1+XParYYZuR/8kR9XzO1Fi7vyzgN1PJvfoP8BadyVdWdAZmds+wtOuJAsRCadoc9rpm0/i21LEAqeoOdVpcLoIQJCoI5wePf4k4XrCUI1VRglaLluik/vI6DJ/Fr9dghDeBa90KcwnLShJS5Npw5nIPyqTaHphAbBicJCeemFHVgUIEE2/rVxPBZrEyad1j/DXHl/8Ips2QCVBmp0Wt222IMcKw+HghFCtEVlVtiaqCvK2uOpV4+kU1pBTQJcJLQK46wSdyKYi6lzrqjTcXlwYHLtM6FGB611I75lV7UTTewZaB9KEzaqIUDQWXo+bIoMwgIKLpOYBu8LaEXWqdZX64KY8tYWJjYWJjYWJjYWJjAJ6zqxkyzs1HAAHQArgCAACJKelwscRn+wIAAAAABFla",
    "1f0737baaaabca08f488d5d15d0428b63014782bf4c114d3e9b8375acdca610b",
  ],
])("unpacks %s", async (_, base64, digest) => {
  expect(await decode(Buffer.from(base64, "base64"))).toBe(digest);
});

test("unpacks several streams with padding between them, and one without content", async () => {
  expect(await decode(Buffer.concat([packed, Buffer.alloc(8), packed]))).toBe(digestOf(text + text));
  expect(await decode(empty)).toBe(digestOf(""));
});

test("refuses data that end early", async () => {
  for (let end = 1; end < packed.length; end += 29)
    expect(await reasonOf(packed.subarray(0, end)), `${end} bytes`).toBe("UPLOAD_TRUNCATED");
});

test("refuses damaged data", async () => {
  for (let at = 0; at < packed.length; at += 41) {
    const damaged = Buffer.from(packed);
    damaged[at]! ^= 1 << (at % 8);
    expect(
      ["UPLOAD_TAR_INVALID", "UPLOAD_TRUNCATED", "UPLOAD_COMPRESSION_UNSUPPORTED"],
      `byte ${at}`,
    ).toContain(await reasonOf(damaged));
  }
});

test.each([
  [
    "a window of 128 MiB",
    "/Td6WFoAAATm1rRGAgAhAR4AAACbB1Fm4AALAAhdADCYiKfqJQAAAJPPQ1RJFDZdAAEkDKYY2NgftvN9AQAAAAAEWVo=",
    /window above 64 MiB/,
  ],
  [
    "a further filter",
    "/Td6WFoAAATm1rRGAgEEACEBFgANhjUf4AALAAhdADCYiKfqJQAAAJPPQ1RJFDZdAAEkDKYY2NgftvN9AQAAAAAEWVo=",
    /filter beside LZMA2/,
  ],
])("refuses %s", async (_, base64, message) => {
  const cause = await decode(Buffer.from(base64, "base64")).catch((error) => error);
  expect(readTypedError(cause)).toMatchObject({
    reason: "UPLOAD_COMPRESSION_UNSUPPORTED",
    message: expect.stringMatching(message),
  });
});
