/** The key of Docker Hub in docker's configuration and in credential stores; a URL for historical reasons. */
const dockerHubKey = "https://index.docker.io/v1/";

const dockerHubHosts = new Set([
  "docker.io",
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com",
]);

/**
 * The name under which credentials for a registry are looked up. `host`, `host:port`, `https://host/v1/` and all names
 * of Docker Hub are brought to one form.
 */
export function registryKey(address: string): string {
  const withoutScheme = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  const host = withoutScheme.replace(/\/.*$/s, "").toLowerCase();
  return dockerHubHosts.has(host) ? dockerHubKey : host;
}
