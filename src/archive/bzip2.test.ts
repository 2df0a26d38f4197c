import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { unbzip2 } from "./bzip2.js";
import { inChunks } from "./make-tar.test-helper.js";

/** Output of Python's `bz2.compress(text, 1)`: several blocks. */
const packed = Buffer.from(
  "QlpoMTFBWSZTWbfpOCQAKO/ZgIAQQAB/4CIlBAAACGAR0AAAAAAH0pSkpKUlJSl4GECEBAADQ8AD4UyYmQZGCVFP1R+qn7/VVVFAAkqowf/qqg" +
    "JiCVP9VVGnqP/VSDQwmqqMRgTTAVSUlN729UqoAfPvf9u37mW39en+f7t6dnMSSNvS65kElvpdnMkEt8uyskgtvLs5kkht6dnMSSNvTqsJJNvT" +
    "rmQklvpdcyQkt8uzmSQlvl2cySQtvTqsJJNvLs5iSRt6dnMJJNvTqsEktvS65kElvpdnMkEt8uyskgtvLs5kkht6dnMSSNvTqsJJNvTrmQklt6" +
    "dcyEkt9LrmSElvl2cySEt8uzmSSFt5dnMSSNvTs5hJJt6dVgklt6XXMgkt9Ls5kglvl2VkkFt5dnMkkN9LrmSElt6dnMSSNvTqsJJNvTrmQklv" +
    "pdcyQkt8uzmSQlvl2cySQtvLs5iSRt6dnMJJNvTqsEktvS65kElvl2cySEt9Ls5kglvl2VkkFt5dnMkkNvTs5iSRt6dVhJJt6dcyEkt9LrmSEl" +
    "vl2cySEt8uzmSSFt5dnMSSN8uzmSSFt6dcwkk29OuYJJb6XXMgkt8uzmSCW+XZzJILby7OYkht6dnMJI29OqwSTb065kElvpdcyQS28uzmJJG+" +
    "XZzJILfLs5kkht52cxJI29OuYSSbenXMEkt9LrmQSW+XZzJBLfLs5kkFt5dnMSQ29OzmEkbenZzCSTb06rBJNvTrmQSW+l1zJBLfLs5kkFvl2c" +
    "ySQ287OYkkbenXMJJNvTrmCSW+l1zIJLfLs5kglt6dVgklvl2cySC28uzmJIbenZzCSNvTqsEk29OuZBJb6XXMkEt8uzmSQXz0uwkv6P6L5JCS" +
    "2RiSR+kkvokvqEv0hiSGyS+BJP4uySCXpwRJfzjHu641u61157qviSVJ9JMJJP0SX2CX2SF+kjCSNSXxBJfx1JIL1FUknsY75r5xrWt3vnnZPl" +
    "KSNJZISX5D7JI+yST8SWQSWw+SSC/pLsJJW2SSqexjzrea1rW9951F8hJJoskhL8kfUkn0kl+EskEtkfIkh/SOJVJLbJJKvYx7rXN1rWu/5/n9" +
    "JfJCSWwySQvySfSSX0SX6CxILZJ8hJV2TiSqSbZSSV4Yx53XGtbuuvPO18kkqfUk/Kkk/Ql9kF9kkfpJMhJNE+SVSdVykkq1ZKpJ7MwzPOt41r" +
    "W71552Xykkr7JPyCS/SF9kh9kkn5JLIJLRfJJBf0nRJI84iqT2ZhmedbzWta3vnnUnypKTSWSCX5I+ySPsSS/ElkglsPkkkP6S7BElsklU9mYZ" +
    "nnW83Wta77zql8gklsLJIL8kn1JJ9El+hLJILZHyJJH8TiVSSbZSSr2Zhme61zd1rXXvdSfEqkn1K/Ekq/SSl9JJfQl+kLEkNknyJJLtOJKpJq" +
    "ypJXsZmM93XG7utdee6p8SVSfUl+SRH6JL7CS+yC/SRiSRqS+BJL+OySCXpQSl7GZjPd1xrd3XXnna+JJVPqJYSSfoS+yEvskP0kmRJJpL4gkv" +
    "6OkkF6iVST2MzGed1xrW7vXnnZfJSQ1JZCSX6C+yQvskj8klkJJaL5JBL+k6pJVqySqT2Bj9fxxxxxzjjnIkkRCJCSREiJJERCIkkRIiRJEQiJ" +
    "JEJIiSREIiJEQiJJEQiIkRCIkkkRCIkRCQiSREJLq66t/2/3/b/SJJESSIiREiJEREiIiRIiIkSSIkREiRERCSREIiRCIiL0QiSREiIkSREiJJ" +
    "ESIiJERIiSQkSIiRESIiSREiIkREIiRESIkJEQiJEREiIkRCIkkREiLvbvZERJJEREIiJJIiIkSIkJJEQiJEiIiJJIiJESIkRERJERC2tbW+Ln" +
    "OcrlkiREkiJERIiIkRJIiSRESIiREkSIkREiIkREkiJERISIREiIkSESIhESIiJERIiESEiIkRNelta2tra1tESQiREIiJJIiJJEREJJEQiJES" +
    "IiJJIiJESIkRESJET+rnLnJJZERESREkiIiISIiERESIkkSIiIkiIhEiJEREkkRESJERIibXOXOSJ9REkiRERIiJJCIiEiESRERIiSRIiIkSIi" +
    "ESIiRESSRERIkX6ucuckRfkREQiIiSIiJESSERJEiIiSIiIkSSIkREkRERCRFSUpSSSlP2MxmOSSU6RESEiSRIiIkgiJEkRCJJESIiRIiIkRIi" +
    "RESSEREJJERJ8uVc0RE6SSSISIiQkkSERJERISIiEkRIRIkIiJJERJEkhIiIvy1W0REiIiJIiJERERJIiSSIiIkRERCSIiIkREREkiIkiSRNat" +
    "okkRERJwIlyREREkiIiIiIkkRERIiIiJJERESIiIiSREStqvtW1avPra1CdVSDqqQYd+oUHdUgyUUrwXckU4UJC36TgkA=",
  "base64",
);
const text = `${Array.from({ length: 2000 }, (_, i) => `line ${i % 97} ${i % 13}\n`).join("")}${"a".repeat(300_000)}`;

async function decode(bytes: Uint8Array, chunkSize = bytes.length): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of unbzip2(inChunks(bytes, chunkSize))) hash.update(chunk);
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

test("unpacks several streams, and one without content", async () => {
  expect(await decode(Buffer.concat([packed, packed]))).toBe(digestOf(text + text));
  expect(await decode(Buffer.from("QlpoORdyRThQkAAAAAA=", "base64"))).toBe(digestOf(""));
});

test("refuses data that end early", async () => {
  for (let end = 1; end < packed.length; end += 29)
    expect(await reasonOf(packed.subarray(0, end))).toBe("UPLOAD_TRUNCATED");
});

test("refuses damaged data", async () => {
  // Not the size of the blocks, which may be larger, and not what fills the last byte.
  for (let at = 4; at < packed.length - 1; at += 23) {
    const damaged = Buffer.from(packed);
    damaged[at]! ^= 1 << (at % 8);
    expect(["UPLOAD_TAR_INVALID", "UPLOAD_TRUNCATED"], `byte ${at}`).toContain(await reasonOf(damaged));
  }
});
