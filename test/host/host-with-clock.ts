import { readdirSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDir } from "../lab/index.js";
import { startHost, type TestHost } from "./host.js";

/**
 * Starts a host whose wall clock, with that of its plugins, can be set; or, with `monotonic`, both of its clocks, so that
 * its timers fire early.
 */
export async function startHostWithClock(how: { monotonic?: boolean } = {}): Promise<{
  host: TestHost;
  set: Clock["set"];
}> {
  const { env, set } = await clock(how);
  return { host: await startHost({ env, args: ["--idle-timeout", "1h"] }), set };
}

/** A clock for a process. */
export interface Clock {
  /** Variables of the process. */
  env: Record<string, string>;
  /** Sets it to so many seconds after that of the machine. */
  set(seconds: number): Promise<void>;
}

/** A clock that shows the time of the machine until it is set. */
export async function clock({ monotonic = false } = {}): Promise<Clock> {
  const file = join(await tempDir(), "offset");
  const set = async (seconds: number) => {
    await writeFile(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}`);
    await rename(`${file}.new`, file);
  };
  await set(0);
  const triplet = readdirSync("/usr/lib").find((name) => name.endsWith("-linux-gnu"));
  const env = {
    LD_PRELOAD: `/usr/lib/${triplet}/faketime/libfaketimeMT.so.1`,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: monotonic ? "0" : "1",
    NO_FAKE_STAT: "1",
  };
  return { env, set };
}
