import { lab } from "../../lab/index.js";
import { engineMounts, engineVariables } from "../machine-build.js";
import { packages } from "../packages.js";

const certificates = "/etc/ssl/certs/ca-certificates.crt";
const socket = "/run/buildkitd.sock";

/** Address of a plain buildkitd in a machine. */
export const buildkitd = `unix://${socket}`;

/** Variables of a user: the engine, and certificates of registries behind a proxy with a CA of its own. */
export const env = {
  ...engineVariables,
  XDG_RUNTIME_DIR: "/run",
  NODE_EXTRA_CA_CERTS: certificates,
  PIP_CERT: certificates,
};

/** The packages, the sockets of an engine and a plain buildkitd, and certificates. */
export async function machineMounts(): Promise<Record<string, string>> {
  return {
    ...engineMounts(),
    [socket]: lab().buildkitd.address.replace("unix://", ""),
    [certificates]: certificates,
    "/packages": await packages(),
  };
}
