import type { SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";

const examples = `
Examples:
  slipway serve
  slipway serve --tcp 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem \\
    --tls-client-ca ca.pem
  slipway serve --tcp 127.0.0.1:8080 --token-file token \\
    --cors-origin https://builds.example
  (umask 077 && openssl rand -base64 32 > key)
  slipway serve --state-key-file key`;

/** `slipway serve` */
export function addServeCommand(program: SlipwayCommand): void {
  const command = program
    .command("serve")
    .summary("run a host")
    .description(
      "Runs a host in the foreground. Other commands start one in the background, which ends when it is idle.",
    );
  command
    .option("--socket <path>", "unix socket to listen on (default: $XDG_RUNTIME_DIR/slipway/slipway.sock)")
    .option(
      "--tcp <host:port>",
      "also listen on TCP; requires --token-file, --issuers-file or --tls-client-ca",
    )
    .option(
      "--token-file <path>",
      "access file of clients on TCP, see slipway tokens; or a file with one token",
    )
    .option(
      "--issuers-file <path>",
      "issuers whose ID tokens clients may exchange, and the rules that bind them to roles; requires --state-key-file",
    )
    .option("--allow-remote-admin", "allow admins to change builders and plugins over TCP")
    .option("--tls-cert <path>", "certificate in PEM")
    .option("--tls-key <path>", "key of the certificate in PEM")
    .option("--tls-client-ca <path>", "certificate authority of clients in PEM")
    .list("--cors-origin <origin>", "origin of a web page that may call the host on TCP")
    .option(
      "--state-dir <path>",
      "folder for builders, builds and uploads (default: $XDG_STATE_HOME/slipway)",
    )
    .option(
      "--state-key-file <path>",
      "file with keys that encrypt secrets of builders in the state folder (default: $SLIPWAY_STATE_KEY_FILE, or the systemd credential slipway-state-key)",
    )
    .option(
      "--database <url>",
      "PostgreSQL database for builds that several hosts share; see docs/operations.md (default: $SLIPWAY_DATABASE_URL)",
    )
    .option("--host-name <name>", "name of this host among those of the database (default: $HOSTNAME)")
    .option(
      "--advertise <host:port>",
      "where the other hosts of the database reach --tcp, to read outputs of this host's builds; requires --state-key-file",
    )
    .option(
      "--uploads <place>",
      "where the hosts of the database share uploaded contexts: a folder that all have, or s3://bucket/prefix",
    )
    .list("--plugin-path <folder>", "folder with plugins, searched before the default ones")
    .list(
      "--limit <name=value>",
      "limit of what clients may use, such as builds=20; see docs/security.md (default: $SLIPWAY_LIMITS)",
    )
    .option("--projects-file <path>", "weights and limits of projects in the queue; see docs/operations.md")
    .option(
      "--max-running-builds <number>",
      "how many builds run at the same time; others wait (short for --limit running-builds=NUMBER)",
    )
    .option("--idle-timeout <duration>", "end after this time without work, such as 10m", parseDuration)
    .option(
      "--metrics-address <host:port>",
      "serve metrics for Prometheus at /metrics, in clear text and without a login",
    )
    .option("--log-level <level>", "error, warn, info or debug; SIGUSR2 switches to debug and back", "info")
    .option("--log-format <format>", "json or text", "json")
    .option(
      "--log-file [path]",
      "write the log to a file, rotated at 10 MiB, instead of stderr (default: host.log in the state folder)",
    )
    .addHelpText("after", examples)
    .action(async (flags) => {
      const { runServe } = await import("../serve/run-serve.js");
      await runServe(flags);
    });
}
