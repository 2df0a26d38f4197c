import { setTimeout as sleep } from "node:timers/promises";
import type { BuildQueue } from "../../src/host/builds/queue/build-queue.js";

/** The most places that were taken at the same time, of a host, of a project and of a builder. */
export interface MostTaken {
  host: number;
  project: number;
  builder: number;
}

/**
 * Enters builds of 7 projects on 11 builders in the queues of hosts, all at once. Each leaves its place a millisecond after it
 * got it.
 */
export async function claimPlaces(hosts: readonly BuildQueue[], count: number): Promise<MostTaken> {
  const taken = new Map<string, number>();
  const most: MostTaken = { host: 0, project: 0, builder: 0 };
  const add = (key: keyof MostTaken, name: string | number, by: number) => {
    const now = (taken.get(`${key} ${name}`) ?? 0) + by;
    taken.set(`${key} ${name}`, now);
    most[key] = Math.max(most[key], now);
  };
  const claim = async (at: number) => {
    const host = at % hosts.length;
    const names = { host, project: `project-${at % 7}`, builder: `builder-${at % 11}` };
    const { project, builder } = names;
    const id = String(at).padStart(9, "0");
    const build = { id, owner: `owner-${at % 5}`, project, isShared: true, builder, priority: 0 };
    const place = await hosts[host]!.enter(build);
    await place.wait(new AbortController().signal, () => {});
    const keys = Object.keys(names) as (keyof MostTaken)[];
    for (const key of keys) add(key, names[key], 1);
    await sleep(1);
    for (const key of keys) add(key, names[key], -1);
    place.leave();
  };
  await Promise.all(Array.from({ length: count }, (_, at) => claim(at)));
  return most;
}
