import { compatiblePlatforms } from "../../inputs/platform.js";

/** What is known of one node's platforms, all in normal form. */
export interface RoutableNode {
  /** Those that the user gave to the node. */
  pinned: readonly string[];
  /** Those that its BuildKit says it can run, by emulation too. */
  workers: readonly string[];
}

/** The platforms that one node builds. */
export interface Route {
  /** Index of the node. */
  node: number;
  platforms: string[];
}

/**
 * Routes each platform to the first node that it is pinned to; without platforms, the first node builds. Undefined
 * when a platform is pinned nowhere, so that it takes the nodes' workers to decide.
 */
export function routeByPins(
  platforms: readonly string[],
  nodes: readonly Pick<RoutableNode, "pinned">[],
): Route[] | undefined {
  const choices = platforms.map((platform) => nodes.findIndex(({ pinned }) => pinned.includes(platform)));
  return choices.includes(-1) ? undefined : gather(platforms, choices);
}

/**
 * Routes each platform to the node with the closest platform to it, since an arm64 also runs arm/v7: of equally close
 * nodes to one where it is pinned, then to the first. What no node can run is for the first one, whose BuildKit says
 * why it cannot.
 */
export function routeByWorkers(platforms: readonly string[], nodes: readonly RoutableNode[]): Route[] {
  const choices = platforms.map((platform) => {
    const ranks = nodes.map(({ pinned, workers }) => {
      const [byPin, byWorker] = [distance(platform, pinned), distance(platform, workers)];
      return Math.min(2 * byPin, 2 * byWorker + 1);
    });
    return ranks.indexOf(Math.min(...ranks));
  });
  return gather(platforms, choices);
}

/** How far down the list of what any of the offered platforms runs the wanted one is; infinite when none runs it. */
function distance(wanted: string, offered: readonly string[]): number {
  const places = offered.map((platform) => compatiblePlatforms(platform).indexOf(wanted));
  return Math.min(...places.filter((place) => place >= 0));
}

function gather(platforms: readonly string[], choices: readonly number[]): Route[] {
  if (platforms.length === 0) return [{ node: 0, platforms: [] }];
  return [...new Set(choices)]
    .sort((a, b) => a - b)
    .map((node) => ({ node, platforms: platforms.filter((_, index) => choices[index] === node) }));
}
