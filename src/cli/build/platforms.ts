/** The platforms of `--platform`, or else of DOCKER_DEFAULT_PLATFORM. `local` is the platform of this machine. */
export function parsePlatforms(values: readonly string[] | undefined, env: NodeJS.ProcessEnv): string[] {
  const given = values ?? [env.DOCKER_DEFAULT_PLATFORM ?? ""];
  return given
    .flatMap((value) => value.split(","))
    .map((platform) => platform.trim())
    .filter(Boolean)
    .map((platform) => (platform.toLowerCase() === "local" ? localPlatform() : platform));
}

function localPlatform(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const architecture = { x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch;
  return `${system}/${architecture}`;
}
