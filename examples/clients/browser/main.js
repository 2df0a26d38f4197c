import { Connect } from "./connect.js";
import { tour } from "./tour.js";
import { SlipwayError } from "./wire.js";

const [form, button, log, archive] = ["form", "button", "#log", "#archive"].map((it) =>
  document.querySelector(it),
);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { url, token, protocol, folder, greeting, secret, baseImage } = form.elements;
  const input = {
    files: folder.files,
    secret: secret.value,
    greeting: greeting.value,
    baseImage: baseImage.value,
  };
  button.disabled = true;
  log.textContent = "";
  archive.replaceChildren();
  try {
    const host = { url: new URL(url.value).origin, token: token.value };
    const blob = await tour(await open(protocol.value, host), input, say);
    archive.append(link(blob));
  } catch (error) {
    say(explain(error));
  } finally {
    button.disabled = false;
  }
});

async function open(protocol, host) {
  if (protocol === "Connect") return new Connect(host);
  // Loaded on demand, since only gRPC-Web needs a library and the descriptors.
  const { GrpcWeb } = await import("./grpc-web.js");
  return GrpcWeb.open(host, "slipway.binpb");
}

function link(blob) {
  const anchor = document.createElement("a");
  return Object.assign(anchor, {
    href: URL.createObjectURL(blob),
    download: "out.tar",
    textContent: "Save out.tar",
  });
}

function say(line) {
  log.textContent += `${line}\n`;
}

function explain(error) {
  if (error instanceof SlipwayError)
    return [`${error.reason}: ${error.message}`, error.remedy].filter(Boolean).join("\n");
  // A browser does not reveal to a script why it cannot read a response.
  if (error instanceof TypeError)
    return `${error.message}: the host is not running, or not with --cors-origin ${location.origin}`;
  return String(error);
}
