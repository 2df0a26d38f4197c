import { type Driver, defaultLoadOption, EndpointUse, OptionType } from "slipway/driver";
import { schemes } from "./endpoint.js";

/** The variable that holds the endpoint when none is given. */
export const endpointVariable = "BUILDKIT_HOST";

/** What the driver is. */
export const descriptor: Driver["descriptor"] = {
  name: "remote",
  title: "A BuildKit daemon that somebody else runs",
  description:
    "Builds with a buildkitd that is there already: on this machine, in a container or pod, or behind a network. " +
    "Nothing is created, started or removed; the daemon is configured where it runs. Connections are checked up to " +
    "HTTP/2, and one that fails says why.",
  capabilities: [{ id: "builders.create" }],
  endpoint: {
    use: EndpointUse.REQUIRED,
    schemes: [...schemes],
    remoteSchemes: ["tcp", "https"],
    description:
      "A buildkitd: tcp://host:port (plain text, or TLS when a TLS option is set), https://host[:port] (TLS), " +
      "unix:///path, ssh://[user@]host[:port][/path/of/socket], docker-container://name[?context=], " +
      "podman-container://name, nerdctl-container://name[?namespace=] or " +
      `kube-pod://pod[?context=&namespace=&container=]. By default ${endpointVariable}. The last five run ssh, ` +
      "docker, podman, nerdctl or kubectl on the machine of the Slipway host, and buildctl on the other side.",
  },
  options: [
    {
      name: "cacert",
      type: OptionType.PATH,
      description:
        "File with the certificates (PEM) of the authorities that may have signed the daemon's certificate. " +
        "By default those that this machine trusts.",
    },
    {
      name: "cert",
      type: OptionType.PATH,
      description: "File with the client's certificate (PEM); goes with key. Read anew for each connection.",
    },
    {
      name: "key",
      type: OptionType.PATH,
      description: "File with the key (PEM, not encrypted) of the client's certificate.",
    },
    {
      name: "cacert.pem",
      type: OptionType.STRING,
      description: "The text of cacert itself, for clients that share no files with the Slipway host.",
    },
    { name: "cert.pem", type: OptionType.STRING, description: "The text of cert itself; goes with key.pem." },
    { name: "key.pem", type: OptionType.STRING, sensitive: true, description: "The text of key itself." },
    {
      name: "servername",
      type: OptionType.STRING,
      description:
        "Name that is sent to the daemon (SNI) and must be in its certificate; by default the endpoint's host.",
    },
    defaultLoadOption,
  ],
  environmentVariables: [endpointVariable],
  priority: 20,
};
