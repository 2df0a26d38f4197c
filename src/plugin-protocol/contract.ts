/**
 * The process contract between host and plugin: HashiCorp go-plugin's, in its gRPC form with AutoMTLS. The values of
 * this file are Slipway's choice where go-plugin leaves one; docs/driver-protocol.md describes them.
 */

/** Version of go-plugin's own handshake. */
export const coreVersion = 1;

/** The application protocol versions that this code speaks: majors of slipway.driver. */
export const protocolVersions = [1] as const;

/** Says to a plugin that a host started it. It guards against starting one by hand, and against nothing else. */
export const magicCookie = {
  key: "SLIPWAY_PLUGIN_MAGIC_COOKIE",
  value: "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21",
} as const;

/** Names of the environment variables of the contract. */
export const variables = {
  /** Protocol versions that the host speaks, decimal, separated by commas. */
  protocolVersions: "PLUGIN_PROTOCOL_VERSIONS",
  /** The host's certificate in PEM; its presence asks for AutoMTLS. */
  clientCertificate: "PLUGIN_CLIENT_CERT",
  /** Folder for the plugin's sockets; private to this process, and deleted by the host. */
  socketDir: "PLUGIN_UNIX_SOCKET_DIR",
  /** "true" when stdin is a pipe that the host holds for as long as it lives. */
  heldStdin: "SLIPWAY_PLUGIN_HELD_STDIN",
} as const;

/** Variables of go-plugin that a host here never sets, and never passes on when it has them itself. */
export const foreignVariables = [
  "PLUGIN_MIN_PORT",
  "PLUGIN_MAX_PORT",
  "PLUGIN_MULTIPLEX_GRPC",
  "PLUGIN_UNIX_SOCKET_GROUP",
] as const;

/** Service name that the health service answers for. */
export const healthServiceName = "plugin";

/** Longest path of a unix socket, in bytes, without the closing zero. */
export const maxSocketPathBytes = process.platform === "darwin" ? 103 : 107;

/** Largest message that either side accepts, in bytes. */
export const maxMessageBytes = 64 << 20;

/**
 * HTTP/2 settings of both sides. The connection's flow-control window stays at its default of 64 KiB: Node reads
 * nothing from a connection while a write to it waits, so two Nodes that send more than the socket holds block each
 * other for ever. On a local socket larger windows gain nothing.
 */
export const http2Settings = {
  // Megabytes; the default of 10 counts data on its way too and resets streams when it is exceeded.
  maxSessionMemory: 256,
  settings: { enablePush: false, maxHeaderListSize: 1 << 20 },
};
