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

/** Stops with what the machine lacks, in place of a dynamic linker's message or the shell's "not found". */
const refuse = (what: string) => `echo "slipway: it needs glibc 2.28 or later. ${what}" >&2; exit 1`;
/** The paths of libc up to glibc 2.33; later ones have no version in their names. */
const oldLibc = ["[0-9]", "1[0-9]", "2[0-7]"].map((minor) => `*/libc-2.${minor}.so`).join("|");
const checkLibc = [
  `[ -e /lib64/ld-linux-x86-64.so.2 ] || [ -e /lib/ld-linux-aarch64.so.1 ] || { ${refuse("This machine has another C library.")}; }`,
  `for slipway_libc in /lib64/libc-2.*.so /lib/*/libc-2.*.so; do case "$slipway_libc" in ${oldLibc}) ${refuse("This machine has $slipway_libc.")};; esac; done; `,
].join("; ");

/** The program is `dist/cli.cjs` of a folder that brings its own Node.js, or a link to it. */
export function ownLauncher(os: string): string {
  const check = os === "linux" ? checkLibc : "";
  const node = `slipway_node=$(readlink -f "$0"); slipway_node=\${slipway_node%/dist/*}/runtime/bin/node; `;
  return launcher(`"$slipway_node"`, check + node);
}
