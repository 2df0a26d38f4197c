import { startDaemon } from "./daemon.js";
import { freePort } from "./port.js";
import { gofakes3 } from "./recipes/gofakes3.js";
import { destroyState, makeState } from "./state.js";

/** A running S3 server that can be stopped. */
export interface RunningS3 {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  /** The only bucket. */
  bucket: string;
  /** Log file, with a line for every request. */
  log: string;
  stop(): Promise<void>;
}

/** Start an S3 server that keeps all data in memory and accepts any credentials. */
export async function startS3(): Promise<RunningS3> {
  const command = await gofakes3();
  const folder = await makeState("s3");
  const [address, bucket] = [`127.0.0.1:${await freePort()}`, "lab"];
  const url = `http://${address}`;
  const daemon = await startDaemon({
    name: "gofakes3",
    command,
    args: ["-backend", "memory", "-initialbucket", bucket, "-host", address],
    folder,
    ready: async () => (await fetch(`${url}/${bucket}`)).ok,
  });
  const stop = async () => {
    await daemon.stop();
    await destroyState(folder);
  };
  return { url, bucket, log: daemon.log, stop };
}
