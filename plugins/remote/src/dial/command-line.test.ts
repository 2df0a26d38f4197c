import { expect, it } from "vitest";
import { type CommandEndpoint, parseEndpoint } from "../endpoint.js";
import { commandLine } from "./command-line.js";

it.each([
  ["ssh://build", "ssh -o ConnectTimeout=10 -T -- build buildctl dial-stdio"],
  [
    "ssh://me@build:2222/run/b.sock",
    "ssh -l me -p 2222 -o ConnectTimeout=10 -T -- build buildctl --addr unix:///run/b.sock dial-stdio",
  ],
  ["docker-container://b", "docker exec -i b buildctl dial-stdio"],
  ["docker-container://b?context=work", "docker --context=work exec -i b buildctl dial-stdio"],
  ["podman-container://b", "podman exec -i b buildctl dial-stdio"],
  ["nerdctl-container://b?namespace=k8s.io", "nerdctl --namespace=k8s.io exec -i b buildctl dial-stdio"],
  ["kube-pod://b", "kubectl exec -i b -- buildctl dial-stdio"],
  [
    "kube-pod://b?context=c&namespace=n&container=x",
    "kubectl --context=c --namespace=n exec --container=x -i b -- buildctl dial-stdio",
  ],
])("%s runs the command of BuildKit's connection helper", (text, command) => {
  expect(commandLine(parseEndpoint(text) as CommandEndpoint).join(" ")).toBe(command);
});

it("quotes the socket for the shell on the other side", () => {
  const command = commandLine({ kind: "ssh", host: "b", socket: "/a;reboot 'x'" });
  expect(command.slice(-3)).toEqual(["--addr", `'unix:///a;reboot '\\''x'\\'''`, "dial-stdio"]);
});
