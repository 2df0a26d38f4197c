/** Platforms that are listed first. */
const major = ["amd64", "arm64", "arm", "ppc64le", "s390x", "riscv64", "mips64"].map(
  (arch) => `linux/${arch}`,
);
const maxGroups = 4;

/** A short form of a list of platforms: variants in groups, at most four groups ("linux/amd64 (+4), linux/arm64"). */
export function shortPlatforms(platforms: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const platform of platforms) {
    const group = platform.replace("*", "").split("/").slice(0, 2).join("/");
    groups.set(group, [...(groups.get(group) ?? []), platform]);
  }
  const rank = (group: string) => (major.includes(group) ? major.indexOf(group) : major.length);
  const shown = [...groups].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)).slice(0, maxGroups);
  const parts = shown.map(([group, members]) => {
    if (members.length === 1) return members[0]!;
    const isPinned = members.some((member) => member.endsWith("*"));
    return `${group}${isPinned ? "*" : ""} (+${members.length})`;
  });
  const left = platforms.length - shown.reduce((sum, [, members]) => sum + members.length, 0);
  return [...parts, ...(left > 0 ? [`(${left} more)`] : [])].join(", ");
}
