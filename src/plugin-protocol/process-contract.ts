/**
 * The process contract between host and plugin: HashiCorp go-plugin's, in its gRPC form with AutoMTLS. go-plugin leaves
 * these values to the application; docs/driver-protocol.md describes them.
 */

/** Version of go-plugin's own handshake. */
export const goPluginVersion = 1;

/** The protocol versions that this code speaks. 2 is slipway.driver.v1 from its freeze on; 1 was that package before. */
export const protocolVersions = [2] as const;

/** Shows a plugin that a host started it. It prevents a start by hand, and is not a secret. */
export const magicCookie = {
  key: "SLIPWAY_PLUGIN_MAGIC_COOKIE",
  value: "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21",
} as const;

/** Names of the environment variables of the contract. */
export const contractVariables = {
  /** Protocol versions that the host speaks, decimal, separated by commas. */
  protocolVersions: "PLUGIN_PROTOCOL_VERSIONS",
  /** The host's certificate in PEM; its presence asks for AutoMTLS. */
  clientCertificate: "PLUGIN_CLIENT_CERT",
  /** Folder for the plugin's sockets; private to this process, and deleted by the host. */
  socketDir: "PLUGIN_UNIX_SOCKET_DIR",
  /** "true" when stdin is a pipe that the host keeps open while it runs. */
  heldStdin: "SLIPWAY_PLUGIN_HELD_STDIN",
} as const;

/** Starts a plugin by hand, for example in a debugger, with any value but the empty one. Not go-plugin's. */
export const debugVariable = "SLIPWAY_PLUGIN_DEBUG";

/** Variables of go-plugin that a Slipway host never sets, and removes from its own environment for plugins. */
export const unusedVariables = [
  "PLUGIN_MIN_PORT",
  "PLUGIN_MAX_PORT",
  "PLUGIN_MULTIPLEX_GRPC",
  "PLUGIN_UNIX_SOCKET_GROUP",
] as const;

/** Longest path of a unix socket, in bytes, without the terminating zero. */
export const maxSocketPathBytes = process.platform === "darwin" ? 103 : 107;
