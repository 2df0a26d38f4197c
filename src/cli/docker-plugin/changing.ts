import { InputError } from "../../errors/input-error.js";

/** Does work on the folder of docker's configuration. Reports what the system refuses as an error of the folder. */
export async function changing(configDir: string, work: () => Promise<void>): Promise<void> {
  await work().catch((cause: NodeJS.ErrnoException) => {
    if (!cause.syscall) throw cause;
    throw new InputError({
      reason: "DOCKER_PLUGIN_UNUSABLE",
      field: "",
      message: `Docker's folder ${configDir} cannot be changed: ${cause.message}.`,
      remedy: "Choose another folder with DOCKER_CONFIG.",
      cause,
    });
  });
}
