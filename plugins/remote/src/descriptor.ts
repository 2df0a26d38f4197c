import { type Driver, defaultLoadOption, EndpointUse, OptionType } from "slipway/driver";
import { schemes } from "./endpoint.js";
import { programVariables } from "./program-variables.js";

/** The variable with the default endpoint. */
export const endpointVariable = "BUILDKIT_HOST";

/** The driver's description. */
export const descriptor: Driver["descriptor"] = {
  name: "remote",
  title: "An existing BuildKit daemon",
  description:
    "Builds with a buildkitd that already runs: on this machine, in a container or pod, or on another machine. " +
    "The driver creates, starts and removes nothing; the daemon is configured where it runs. It checks connections up " +
    "to HTTP/2, and reports why one fails.",
  capabilities: [{ id: "builders.create" }],
  endpoint: {
    use: EndpointUse.REQUIRED,
    schemes: [...schemes],
    remoteSchemes: ["tcp", "https"],
    description:
      "A buildkitd: tcp://host:port (plain text, or TLS when a TLS option is set), https://host[:port] (TLS), " +
      "unix:///path, ssh://[user@]host[:port][/path/of/socket], docker-container://name[?context=], " +
      "podman-container://name, nerdctl-container://name[?namespace=] or " +
      `kube-pod://pod[?context=&namespace=&container=]. By default the value of ${endpointVariable}. The last five run ssh, ` +
      "docker, podman, nerdctl or kubectl on the machine of the Slipway host, and buildctl on the other side. Variables " +
      "that select what these programs reach, such as DOCKER_CONTEXT or KUBECONFIG, are parameters too; without any of " +
      "them, those of the user's environment are added when the builder is created.",
  },
  options: [
    {
      name: "cacert",
      type: OptionType.PATH,
      description:
        "File with the certificates (PEM) of the authorities that can sign the daemon's certificate. " +
        "By default the authorities that this machine trusts.",
    },
    {
      name: "cert",
      type: OptionType.PATH,
      description: "File with the client's certificate (PEM); requires key. Read again for each connection.",
    },
    {
      name: "key",
      type: OptionType.PATH,
      description: "File with the key (PEM, not encrypted) of the client's certificate.",
    },
    {
      name: "cacert.pem",
      type: OptionType.STRING,
      description: "The content of cacert, for clients that share no files with the Slipway host.",
    },
    { name: "cert.pem", type: OptionType.STRING, description: "The content of cert; requires key.pem." },
    { name: "key.pem", type: OptionType.STRING, sensitive: true, description: "The content of key." },
    {
      name: "servername",
      type: OptionType.STRING,
      description:
        "Name that is sent to the daemon (SNI) and must be in its certificate. By default the endpoint's host.",
    },
    defaultLoadOption,
  ],
  environmentVariables: [...new Set([endpointVariable, ...Object.values(programVariables).flat()])],
  priority: 20,
};
