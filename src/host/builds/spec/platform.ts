/**
 * Platforms as containerd's platforms package reads them: "os/arch[/variant]", or one word that is an operating
 * system or an architecture.
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

function withVariant(system: string, name: string, variant?: string): string | undefined {
  const [architecture = "", implied] = (aliases[name] ?? name).split("/");
  if (!architectures.has(architecture)) return undefined;
  if (variant !== undefined && !/^v?[0-9]+(\.[0-9]+)?$/.test(variant)) return undefined;
  const given = variant ? `v${variant.replace(/^v/, "")}` : implied;
  // v8 is what arm64 means, v7 what arm means, v1 what amd64 means.
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
