/** The clients of `npm run bench:crowd`, in another process: `tsx crowd-clients.ts CONTEXT BUILDS`, with SLIPWAY_HOST. */

import { build, connect, localContext } from "../src/client/index.js";

/** What a client waited for, in seconds from its start. */
export interface ClientTimes {
  /** Until the first event: the host has accepted the build. */
  accepted: number;
  /** Until BuildKit had the build. */
  started: number;
}

const [context, builds] = [process.argv[2]!, Number(process.argv[3])];
const api = await connect({ start: false });
const times = await Promise.all(Array.from({ length: builds }, one));
api.close();
process.send!(times);
process.disconnect();

async function one(): Promise<ClientTimes> {
  const begin = performance.now();
  const times: Partial<ClientTimes> = {};
  await build(
    api,
    { context: await localContext(api, context) },
    {
      onEvent: ({ event }) => {
        const seconds = (performance.now() - begin) / 1000;
        times.accepted ??= seconds;
        if (event.case === "started") times.started ??= seconds;
      },
    },
  );
  return times as ClientTimes;
}
