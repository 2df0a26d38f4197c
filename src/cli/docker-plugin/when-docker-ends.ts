/**
 * Interrupts this process when docker's CLI, whose plugin it is, is told to end. Without a terminal docker forwards no
 * signals: it closes a socket that the plugin watches. Node.js 20 cannot connect to Go's abstract sockets: docker's third
 * signal ends the process there.
 */
export function interruptWhenDockerEnds(env: NodeJS.ProcessEnv = process.env): void {
  const address = env.DOCKER_CLI_PLUGIN_SOCKET;
  if (!address) return;
  // Programs that this one starts are no plugins of docker's.
  delete env.DOCKER_CLI_PLUGIN_SOCKET;
  // Only now: other commands would load Node's streams for nothing.
  const { connect } = process.getBuiltinModule("node:net");
  // Go writes the zero byte of an abstract socket as "@".
  const socket = connect(address.replace(/^@/, "\0")).unref();
  socket.on("error", () => {});
  socket.once("connect", () => socket.once("close", () => process.kill(process.pid, "SIGINT")));
  socket.resume();
}
