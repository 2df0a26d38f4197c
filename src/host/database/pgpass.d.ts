declare module "pgpass" {
  /** Finds the password of a connection in the password file. */
  export default function pgpass(
    connection: { host: string; port: number; database?: string; user?: string },
    onFound: (password: string | undefined) => void,
  ): void;
}
