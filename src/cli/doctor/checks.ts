import { builders } from "./checks/builders.js";
import { clientFiles } from "./checks/client-files.js";
import { dockerConfig } from "./checks/docker-config.js";
import { dockerSelection } from "./checks/docker-selection.js";
import { hostCertificate } from "./checks/host-certificate.js";
import { hostConnection } from "./checks/host-connection.js";
import { hostState } from "./checks/host-state.js";
import { hostVersion } from "./checks/host-version.js";
import { nodeVersion } from "./checks/node-version.js";
import { pluginFiles } from "./checks/plugin-files.js";
import { plugins } from "./checks/plugins.js";
import { proxies } from "./checks/proxies.js";
import { socket } from "./checks/socket.js";
import { xdgFolders } from "./checks/xdg-folders.js";
import type { DoctorCheck } from "./doctor-check.js";

/** All checks, in the order in which they are shown. */
export const checks: readonly DoctorCheck[] = [
  nodeVersion,
  hostVersion,
  xdgFolders,
  proxies,
  dockerSelection,
  dockerConfig,
  hostConnection,
  socket,
  clientFiles,
  hostCertificate,
  hostState,
  plugins,
  pluginFiles,
  builders,
];
