import { sshArguments } from "slipway/driver";
import type { CommandEndpoint } from "../endpoint.js";

/** How long ssh may take to connect, in seconds. */
const connectSeconds = 10;

/** A program and its arguments, which run without a shell on this machine. */
export type CommandLine = [program: string, ...args: string[]];

/** The command whose standard streams connect to the BuildKit of an endpoint, the same as in BuildKit's connection helpers. */
export function commandLine(endpoint: CommandEndpoint): CommandLine {
  const dial = ["buildctl", "dial-stdio"];
  switch (endpoint.kind) {
    case "ssh": {
      const address = endpoint.socket ? ["--addr", `unix://${endpoint.socket}`] : [];
      return ["ssh", ...sshArguments(endpoint, connectSeconds, ["buildctl", ...address, "dial-stdio"])];
    }
    case "docker-container":
      return ["docker", ...flag("context", endpoint.context), "exec", "-i", endpoint.name, ...dial];
    case "podman-container":
      return ["podman", "exec", "-i", endpoint.name, ...dial];
    case "nerdctl-container":
      return ["nerdctl", ...flag("namespace", endpoint.namespace), "exec", "-i", endpoint.name, ...dial];
    case "kube-pod": {
      const { context, namespace, container, pod } = endpoint;
      const where = [...flag("context", context), ...flag("namespace", namespace)];
      return ["kubectl", ...where, "exec", ...flag("container", container), "-i", pod, "--", ...dial];
    }
  }
}

function flag(name: string, value: string | undefined): string[] {
  return value ? [`--${name}=${value}`] : [];
}
