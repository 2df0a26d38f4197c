import { hostNodeFlags } from "../src/util/host-node-flags.js";

/**
 * The first lines of the program. The second one is for JavaScript a text and a comment, and for the shell the start of
 * Node.js. Only hosts get their flags, since Node.js starts slower with any. `env -S` would be shorter, but BusyBox has
 * none.
 */
function launcher(node: string, setup = ""): string {
  const flags = hostNodeFlags.join(" ");
  const start = `case "$1" in serve) exec ${node} ${flags} "$0" "$@";; *) exec ${node} "$0" "$@";; esac`;
  return `#!/usr/bin/env sh\n':' //; ${setup}${start}`;
}

/** The program runs on the Node.js of the PATH. */
export const pathLauncher = launcher("node");

/** The program is `dist/cli.cjs` of a folder that brings its own Node.js, or a link to it. */
export const ownLauncher = launcher(
  `"$slipway_node"`,
  `slipway_node=$(readlink -f "$0"); slipway_node=\${slipway_node%/dist/*}/runtime/bin/node; `,
);
