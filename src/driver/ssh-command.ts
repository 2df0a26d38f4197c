/** The other side of an SSH connection. */
export interface SshTarget {
  user?: string;
  host: string;
  port?: number;
}

/**
 * The arguments of `ssh` that run a command on another machine, without a terminal. ~/.ssh/config and agents apply.
 * @param connectSeconds how long the connection may take
 */
export function sshArguments(
  { user, host, port }: SshTarget,
  connectSeconds: number,
  command: readonly string[],
): string[] {
  return [
    ...(user ? ["-l", user] : []),
    ...(port ? ["-p", String(port)] : []),
    ...["-o", `ConnectTimeout=${connectSeconds}`, "-T", "--", host],
    ...command.map(shellQuoted),
  ];
}

/** sshd joins the words by spaces and hands them to the user's shell. */
function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
