import { build, connect, localContext } from "slipway/client";
import { GenericContainer } from "testcontainers";

const image = "slipway-with-testcontainers";
const slipway = await connect();
await build(slipway, { context: await localContext(slipway, "../app"), tags: [image] });
slipway.close();

const container = await new GenericContainer(image).withCommand(["sleep", "1000"]).start();
const { output } = await container.exec(["cat", "/greeting"]);
process.stdout.write(output);
await container.stop();
