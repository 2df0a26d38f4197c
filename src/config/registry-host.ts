/** The key of Docker Hub in docker's configuration and in credential stores; its history made it a URL. */
export const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

const DOCKER_HUB_HOSTS = new Set([
  "docker.io",
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com",
]);

/**
 * The name under which credentials for a registry are looked up. Takes what people and tools write, `host`,
 * `host:port`, `https://host/v1/`, and all the names of Docker Hub, and makes them equal.
 */
export function registryKey(address: string): string {
  const withoutScheme = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  const host = withoutScheme.replace(/\/.*$/s, "").toLowerCase();
  return DOCKER_HUB_HOSTS.has(host) ? DOCKER_HUB_KEY : host;
}
