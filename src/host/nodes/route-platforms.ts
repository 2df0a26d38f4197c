import { compatiblePlatforms } from "../../inputs/platform.js";

/** The platforms of one node, in normal form. */
export interface RoutableNode {
  /** The platforms that the user pinned to the node. */
  pinned: readonly string[];
  /** The platforms that its BuildKit reports, emulated ones included. */
  workers: readonly string[];
}

/** The platforms that one node builds. */
export interface Route {
  /** Index of the node. */
  node: number;
  platforms: string[];
}

/**
 * Routes each platform to the first node that it is pinned to. Without platforms, the first node builds. Undefined
 * when a platform is not pinned, so that the nodes' workers must decide.
 */
export function routeByPins(
  platforms: readonly string[],
  nodes: readonly Pick<RoutableNode, "pinned">[],
): Route[] | undefined {
  const choices = platforms.map((platform) => nodes.findIndex(({ pinned }) => pinned.includes(platform)));
  return choices.includes(-1) ? undefined : gather(platforms, choices);
}

/**
 * Routes each platform to the node with the closest platform, since an arm64 node also runs arm/v7. Among equally
 * close nodes, one with a pinned platform wins, then the first. A platform that no node runs goes to the first node,
 * whose BuildKit reports the error.
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

/** Rank of the wanted platform among those that the offered platforms run; infinite when none runs it. */
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
