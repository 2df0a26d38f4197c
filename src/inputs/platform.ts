/**
 * Platforms as in containerd's platforms package: "os/arch[/variant]", or an operating system or architecture alone.
 */
const systems = new Set(
  "aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows".split(
    " ",
  ),
);
const architectures = new Set(
  (
    "386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm " +
    "armbe arm64be riscv sparc sparc64"
  ).split(" "),
);
/** Other names for architectures, with the variant that they imply. */
const aliases: Record<string, string> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  i386: "386",
  aarch64: "arm64",
  armhf: "arm/v7",
  armel: "arm/v6",
};

/** The normal form of a platform ("linux/arm64", "linux/arm/v7"); undefined when it is not one. */
export function normalizePlatform(text: string): string | undefined {
  const [first = "", second, third, ...rest] = text.trim().toLowerCase().split("/");
  if (rest.length > 0) return undefined;
  if (second === undefined) {
    if (architectures.has(first) || aliases[first]) return withVariant("linux", first);
    return systems.has(first) ? `${first}/${nativeArchitecture()}` : undefined;
  }
  if (!systems.has(first)) return undefined;
  return withVariant(first, second, third);
}

/** Platforms in normal form; unknown ones are unchanged. */
export function normalizePlatforms(platforms: readonly string[]): string[] {
  return platforms.map((platform) => normalizePlatform(platform) ?? platform);
}

function withVariant(system: string, name: string, variant?: string): string | undefined {
  const [architecture = "", implied] = (aliases[name] ?? name).split("/");
  if (!architectures.has(architecture)) return undefined;
  if (variant !== undefined && !/^v?[0-9]+(\.[0-9]+)?$/.test(variant)) return undefined;
  const given = variant ? `v${variant.replace(/^v/, "")}` : implied;
  // Defaults: arm64 is v8, arm is v7, amd64 is v1.
  if (
    !given ||
    (architecture === "arm64" && given === "v8") ||
    (architecture === "amd64" && given === "v1")
  ) {
    return architecture === "arm" ? `${system}/arm/v7` : `${system}/${architecture}`;
  }
  return `${system}/${architecture}/${given}`;
}

function nativeArchitecture(): string {
  return { x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch;
}

/**
 * The platforms whose programs a platform runs, itself first, then in the order of containerd's platform comparer: arm64
 * runs arm/v7, amd64 runs 386, and each runs its lower variants.
 */
export function compatiblePlatforms(platform: string): string[] {
  const [system, architecture, variant = ""] = platform.split("/");
  const [major = 0, minor = 0] = variant.replace(/^v/, "").split(".").map(Number);
  const others = othersOf(architecture, major, minor).map((name) => normalizePlatform(`${system}/${name}`)!);
  return [...new Set([platform, ...others])];
}

function othersOf(architecture: string | undefined, major: number, minor: number): string[] {
  switch (architecture) {
    case "amd64":
      return [...countdown("amd64/v", major, 1), "386"];
    case "arm":
      return countdown("arm/v", major, 5);
    case "arm64":
      return [...arm64Variants(major || 8, minor), ...countdown("arm/v", 8, 5)];
    default:
      return [];
  }
}

/** v9.0 includes v8.5, and v9.N includes v8.(N+5), up to v8.9. */
function arm64Variants(major: number, minor: number): string[] {
  const own = [...countdown(`arm64/v${major}.`, minor, 1), `arm64/v${major}`];
  return major === 9 ? [...own, ...arm64Variants(8, Math.min(minor + 5, 9))] : own;
}

function countdown(prefix: string, from: number, to: number): string[] {
  return Array.from({ length: Math.max(from - to + 1, 0) }, (_, index) => `${prefix}${from - index}`);
}
