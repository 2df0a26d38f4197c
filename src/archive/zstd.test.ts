import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { inChunks } from "./make-tar.test-helper.js";
import { unzstd } from "./zstd.js";

/** Output of `zstd -3` for `text` in a file: a single segment with a checksum, five blocks. */
const fromFile = Buffer.from(
  "KLUv/aSnRQkAVC0ASljICRKgpSA5ENH/v2LviohICq94MwahAJIAkwAScrFUOIUJiYiHo8EpzOXx3+85hbE4fNs1pzCVRl+35RSGwuBp" +
    "lpzCTBb7vI5TGIlCl1VxCiNxlwofT4ez0YQZEQm5WCqUiSTIhETEw9FgLBQh5vL47/f8roePxeHbrulZDp5Ko6/bsqsaOhQGT7MkRzFw" +
    "Jot9XsdtWthIFLqsUgomBVIQNMFIIBHEgztwgzLggilQEBBAYABACEIQEEBgIBEREfH////btm3bbdu2LUmSJLlt27ZJkiRJMzMzIyIi" +
    "IiISEREREfH////btm3bbdu2LUmSJLlt27ZJkiRJMzMzIyIiIiISEREREfH////btm3bbdu2LUmSJLlt27ZJkiRJMzMzIyIiIiISERER" +
    "EfH////btm3bbdu2LUmSJLltXsdtG4lCl1VqkoJGYmZmJoxIERHx////27Zt223bti1JkiS5bdu2SZKkSQqamZkZEREREZGIiIiIiP//" +
    "/9+2bdtu27ZtSZIkyW3btk2SJE1S0MzMzIyIiIiISERERETE////b9u2bbdt27YkSZLktm3bJkmSJM3MzIyIiIiISERERETE////b9u2" +
    "bbdt27YkSZLktm3bJkmSJM3MzIyIiIiISEQEERER8f///9u2bdtt27YtSZIkuW3btkmSJEkzMzMjIiIiIhIRERER8f///9u2bdtt27Yt" +
    "SZIkuW3btkmSJEkzMzMjIiIiIhIRERER8f///9u2bdtt27YtSZIkuW3btkmSJEkzMzMjIiIiIhIRERER8f///9u2bdtt27YtSZIkuW3b" +
    "tkmSpEkKmpmZGRERERGRiIgIhTqoc+Htzf4Gwx0SoWHEMLcHE+CAwIZyb////88My+axNENI/xaasfv8AbXl5eKhpm+i1kFRu23U9Dhq" +
    "XSO1G0lNVxc0sdSuZmryKKrBiUHu08yUKNrqfgPUvod680DR3VCkgyjqdhTdghTpO9CyYYquPUU6UFF3U1G5BaY3WCNQe16qJ5YputuJ" +
    "3GWtVP+gx3/c/x86JKDtAeSKANF/gHRCQO4XEF0MCLUcVnGFQPV7pI/qNTPlBlT6B52UO950oRraQqE1QZsDLbiiS/I+xX9CuT6763n1" +
    "ettfn6lgz3XYWxX77LEHTsUuENOxF7JeknoBpDyq/xZQf1zuABB+aI3Q5kHLAa0INdv6N/FfN9dzdL1pr8/4er7B3iDsc4s9j7FnYMBG" +
    "e7v7D1D2Psqn8XaJtc+hGrW1mH0rn5TU8pQab1MzOLXcqMaPVLNa1XIw6JvVpICZQmB4iyOG7MbjabdTF9HbljdqsyU1J0oNramtOLVi" +
    "Uc2QavmqGjcYhstqBa74Dks8MwXJysVzVtcuofe8lCEA4SdA7AKSy4DwE4iRAsl7gnaUAzEdQfKSIIiP4MUg1Xo53llTdK0yOtdLWfh0" +
    "Val6teWvhlewtlnQo2IlPVZIyUq4rJCalbhQAcKoQdZD88Wm+IH8xb+ryXyqv60uoNkFsQIM0gto+YLIL6ACBplgQJUwyBmGrAJB2CBv" +
    "sbn+gP7k4Zgpm1IqKd7qf1HRxZldEBowPNALSO0Lgl9AGxgEwYD2BzJAAIJ8b7EWm+8eaF8W1tWmyEqppOA1CjcWUQaSPNk6qeyCmSOA" +
    "9kCrCYYsMARgqH6+++enhW4Ntt+gCge4d7CJB/U/wBUQroJN4QHZtIzQnKhutWwkCBrzUm7lTfNbFgBfNmKGyiVnmSVEckmK2TLRhfel" +
    "3MqHnFnTmXXPrJ9ZQbOGZqUji+6R9SPrQW7FrCUW29DMrs0imzjrlayNU91qsswqE2cmtv5q0ZgtyyxlvqXU7k4mspWzGRl3vlIs7ski" +
    "W9lOBA2hqQ/DZxi6wiAiDLHBYAuGWmAIYJg/JbhipBjpQorpvoZuRB9dRpejy+gyuowu06OLHI3rCkwAAAggAQD8/zkQAkwAAAhpAQD8" +
    "/zkQAkwAAAg4AQD8/zkQAk0AAAhuAQCjRTkQAg+Lyf4=",
  "base64",
);
/** Output of `zstd -3 --no-check` for `text` from a pipe: a window, no size, no checksum. */
const fromPipe = Buffer.from(
  "KLUv/QBYVC0ASljICRKgpSA5ENH/v2LviohICq94MwahAJIAkwAScrFUOIUJiYiHo8EpzOXx3+85hbE4fNs1pzCVRl+35RSGwuBplpzC" +
    "TBb7vI5TGIlCl1VxCiNxlwofT4ez0YQZEQm5WCqUiSTIhETEw9FgLBQh5vL47/f8roePxeHbrulZDp5Ko6/bsqsaOhQGT7MkRzFwJot9" +
    "XsdtWthIFLqsUgomBVIQNMFIIBHEgztwgzLggilQEBBAYABACEIQEEBgIBEREfH////btm3bbdu2LUmSJLlt27ZJkiRJMzMzIyIiIiIS" +
    "EREREfH////btm3bbdu2LUmSJLlt27ZJkiRJMzMzIyIiIiISEREREfH////btm3bbdu2LUmSJLlt27ZJkiRJMzMzIyIiIiISEREREfH/" +
    "///btm3bbdu2LUmSJLltXsdtG4lCl1VqkoJGYmZmJoxIERHx////27Zt223bti1JkiS5bdu2SZKkSQqamZkZEREREZGIiIiIiP///9+2" +
    "bdtu27ZtSZIkyW3btk2SJE1S0MzMzIyIiIiISERERETE////b9u2bbdt27YkSZLktm3bJkmSJM3MzIyIiIiISERERETE////b9u2bbdt" +
    "27YkSZLktm3bJkmSJM3MzIyIiIiISEQEERER8f///9u2bdtt27YtSZIkuW3btkmSJEkzMzMjIiIiIhIRERER8f///9u2bdtt27YtSZIk" +
    "uW3btkmSJEkzMzMjIiIiIhIRERER8f///9u2bdtt27YtSZIkuW3btkmSJEkzMzMjIiIiIhIRERER8f///9u2bdtt27YtSZIkuW3btkmS" +
    "pEkKmpmZGRERERGRiIgIhTqoc+Htzf4Gwx0SoWHEMLcHE+CAwIZyb////88My+axNENI/xaasfv8AbXl5eKhpm+i1kFRu23U9DhqXSO1" +
    "G0lNVxc0sdSuZmryKKrBiUHu08yUKNrqfgPUvod680DR3VCkgyjqdhTdghTpO9CyYYquPUU6UFF3U1G5BaY3WCNQe16qJ5YputuJ3GWt" +
    "VP+gx3/c/x86JKDtAeSKANF/gHRCQO4XEF0MCLUcVnGFQPV7pI/qNTPlBlT6B52UO950oRraQqE1QZsDLbiiS/I+xX9CuT6763n1ettf" +
    "n6lgz3XYWxX77LEHTsUuENOxF7JeknoBpDyq/xZQf1zuABB+aI3Q5kHLAa0INdv6N/FfN9dzdL1pr8/4er7B3iDsc4s9j7FnYMBGe7v7" +
    "D1D2Psqn8XaJtc+hGrW1mH0rn5TU8pQab1MzOLXcqMaPVLNa1XIw6JvVpICZQmB4iyOG7MbjabdTF9HbljdqsyU1J0oNramtOLViUc2Q" +
    "avmqGjcYhstqBa74Dks8MwXJysVzVtcuofe8lCEA4SdA7AKSy4DwE4iRAsl7gnaUAzEdQfKSIIiP4MUg1Xo53llTdK0yOtdLWfh0Val6" +
    "teWvhlewtlnQo2IlPVZIyUq4rJCalbhQAcKoQdZD88Wm+IH8xb+ryXyqv60uoNkFsQIM0gto+YLIL6ACBplgQJUwyBmGrAJB2CBvsbn+" +
    "gP7k4Zgpm1IqKd7qf1HRxZldEBowPNALSO0Lgl9AGxgEwYD2BzJAAIJ8b7EWm+8eaF8W1tWmyEqppOA1CjcWUQaSPNk6qeyCmSOA9kCr" +
    "CYYsMARgqH6+++enhW4Ntt+gCge4d7CJB/U/wBUQroJN4QHZtIzQnKhutWwkCBrzUm7lTfNbFgBfNmKGyiVnmSVEckmK2TLRhfel3MqH" +
    "nFnTmXXPrJ9ZQbOGZqUji+6R9SPrQW7FrCUW29DMrs0imzjrlayNU91qsswqE2cmtv5q0ZgtyyxlvqXU7k4mspWzGRl3vlIs7skiW9lO" +
    "BA2hqQ/DZxi6wiAiDLHBYAuGWmAIYJg/JbhipBjpQorpvoZuRB9dRpejy+gyuowu06OLHI3rCkwAAAggAQD8/zkQAkwAAAhpAQD8/zkQ" +
    "AkwAAAg4AQD8/zkQAk0AAAhuAQCjRTkQAg==",
  "base64",
);
const text = Array.from({ length: 60_000 }, (_, i) => `line ${i % 97} ${i % 13}\n`).join("");
/** A skippable frame, as pzstd writes between its frames. */
const skippable = Buffer.from("502a4d1804000000deadbeef", "hex");

async function decode(bytes: Uint8Array, chunkSize?: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of unzstd(inChunks(bytes, chunkSize))) {
    expect(chunk.length).toBeLessThanOrEqual(128 << 10);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const digest = (data: string) => createHash("sha256").update(data).digest("hex");
const reason = (bytes: Uint8Array) =>
  decode(bytes).then(
    () => "none",
    (cause) => readTypedError(cause).reason,
  );

test("decodes both kinds of frames from chunks of any size", async () => {
  for (const frame of [fromFile, fromPipe])
    for (const chunkSize of [1, 1000, 1 << 20])
      expect(digest(await decode(frame, chunkSize))).toBe(digest(text));
});

test("decodes several frames and skips skippable ones", async () => {
  const bytes = Buffer.concat([skippable, fromFile, fromPipe, skippable, fromFile]);
  expect(digest(await decode(bytes))).toBe(digest(text.repeat(3)));
});

test("refuses truncated data", async () => {
  for (const length of [3, 5, 10, 400, fromFile.length - 1])
    expect(await reason(fromFile.subarray(0, length)), `${length} bytes`).toBe("UPLOAD_TRUNCATED");
});

test("refuses damaged data", async () => {
  const damaged = Buffer.from(fromFile);
  damaged.fill(0xff, 12, 200);
  expect(await reason(damaged)).toBe("UPLOAD_TAR_INVALID");
  expect(await reason(Buffer.concat([fromFile, Buffer.from("garbage")]))).toBe("UPLOAD_TAR_INVALID");
});

/** A frame whose Huffman tree has weights that take no bits, so that a decoder that trusts it never ends. */
const endless = Buffer.from(
  "KLUv/WQACzULACaiRxbwS5oDMiip88Czpv+fAIn01a3/1X0oUgA6ADoAW/l2/M49U6s53zZpj7W/rLylzEUK1bfUEHpKCkE7QsgOAB0M" +
    "BIGhcEAUCocZRAE4DkBWSwNgABgOwUGFAyFAGAgHwSCgA0AGA+JkDkAgTzBQEXRm2S6jMpjT3/+77JcSzX/R5UuO6enMNucXq5N2+oJt" +
    "CW3Onq7xamfkcoRqLNdX8OIQ9kM1lduLqAGDc9bjE7pxxi8hUvD+Jzv5tlZ3ExbmGRFdb60v923F66Ms4dF8hdknz6Vi98pSvwzx+9L6" +
    "3Fubpa4GAwAZBIPB4gjjDd/ysdMX626//r1qPvnHcj2Ty4N9sOS59fYkLUWlVt0/0+TB6XZMmkz3etZqV8yCdg0cICBLi5UD/a2ASxRk" +
    "crXSwBZQSMkASYXULnOHytngM+hk7GXCAEwwqgGXMeyRfNKAGZBOARgCOOkAlY4C+wtE4Do5OS6HPi6t",
  "base64",
);

test("refuses weights without an end", async () => {
  expect(await reason(endless)).toBe("UPLOAD_TAR_INVALID");
});

test("refuses a window that is too large before it allocates memory", async () => {
  const large = Buffer.from(fromPipe);
  large[5] = 17 << 3; // 128 MiB
  expect(await reason(large)).toBe("UPLOAD_COMPRESSION_UNSUPPORTED");
  // One segment of 2 GiB.
  expect(await reason(Buffer.from("28b52ffda000000080010000", "hex"))).toBe("UPLOAD_COMPRESSION_UNSUPPORTED");
  // A block of 2 MiB - 1, made of one byte.
  expect(await reason(Buffer.from("28b52ffd0038fbffff41", "hex"))).toBe("UPLOAD_TAR_INVALID");
});
