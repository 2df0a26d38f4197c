import { buildkitdToml, entitlementsOf, parseBuildkitdToml } from "../config/buildkitd-toml.js";

const flag = "--allow-insecure-entitlement";
const networkHost = "network.host";

/**
 * The flags of buildkitd with buildx's additions. A build in a container uses the container's network anyway, so
 * network.host is allowed unless the user names entitlements. With network=host it is always allowed.
 */
export function completeDaemonFlags(
  flags: string[],
  { network, configured }: { network?: string; configured: string[] },
): string[] {
  const allowed = allowedBy(flags);
  const isMissing =
    network === "host"
      ? !allowed.includes(networkHost)
      : allowed.length === 0 && !configured.includes(networkHost);
  return isMissing ? [...flags, `${flag}=${networkHost}`] : flags;
}

/** The entitlements that a daemon's configuration allows. A configuration that cannot be read is reported elsewhere. */
export function configuredEntitlements(daemonFiles: Record<string, Uint8Array>): string[] {
  const content = daemonFiles[buildkitdToml];
  try {
    return content ? entitlementsOf(parseBuildkitdToml(content)) : [];
  } catch {
    return [];
  }
}

function allowedBy(flags: string[]): string[] {
  return flags.flatMap((text, index) => {
    if (text === flag) return flags.slice(index + 1, index + 2);
    return text.startsWith(`${flag}=`) ? [text.slice(flag.length + 1)] : [];
  });
}
