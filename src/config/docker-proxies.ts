/** One entry of `proxies` in docker's `config.json`. */
export interface DockerProxies {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
  ftpProxy?: string;
  allProxy?: string;
}

/**
 * The build arguments that docker's client adds from its configuration: each proxy variable in upper and lower case,
 * unless the build sets it itself.
 *
 * @param proxies `proxies` of the docker configuration
 * @param dockerHost address of the engine, for example `unix:///var/run/docker.sock`; `default` is the fallback
 * @param buildArgs names that are already set
 */
export function proxyBuildArgs(
  proxies: Readonly<Record<string, DockerProxies>>,
  dockerHost: string,
  buildArgs: { has(name: string): boolean },
): Map<string, string> {
  const proxy = proxies[dockerHost] ?? proxies.default ?? {};
  const values = {
    HTTP_PROXY: proxy.httpProxy,
    HTTPS_PROXY: proxy.httpsProxy,
    NO_PROXY: proxy.noProxy,
    FTP_PROXY: proxy.ftpProxy,
    ALL_PROXY: proxy.allProxy,
  };
  const added = new Map<string, string>();
  for (const [name, value] of Object.entries(values))
    for (const spelling of value ? [name, name.toLowerCase()] : [])
      if (!buildArgs.has(spelling)) added.set(spelling, value!);
  return added;
}
