import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../../lab/index.js";

/** Builds a folder with a builder, or with that of the engine; the arguments are folder, name and builder or "". */
export const pythonBuild = `
import sys
from slipway.build.v1.build_spec_pb2 import BuildSpec
from slipway.build.v1.output_pb2 import ImageOutput, Output
from slipway_client import connect

folder, name, builder = sys.argv[1:]
with connect() as client:
    pushed = [Output(image=ImageOutput(push=True))] if builder else []
    spec = BuildSpec(context=client.local_context(folder), tags=[name], builder=builder, outputs=pushed)
    client.build(spec, lambda event: None)
`;

const javaProgram = `
import dev.slipway.build.v1.BuildSpec;
import dev.slipway.build.v1.ImageOutput;
import dev.slipway.build.v1.Output;
import dev.slipway.client.Slipway;
import java.nio.file.Path;

public class Build {
  public static void main(String[] arguments) throws Exception {
    try (Slipway slipway = Slipway.connect()) {
      String builder = arguments[2];
      BuildSpec.Builder spec =
          BuildSpec.newBuilder()
              .setContext(slipway.localContext(Path.of(arguments[0])))
              .addTags(arguments[1])
              .setBuilder(builder);
      if (!builder.isEmpty())
        spec.addOutputs(Output.newBuilder().setImage(ImageOutput.newBuilder().setPush(true)));
      slipway.build(spec.build(), event -> {});
    }
  }
}
`;

/** Compiles the same for Java, into the folder with the jars that it needs. */
export async function compileJavaBuild(jars: string): Promise<void> {
  const source = join(jars, "Build.java");
  await writeFile(source, javaProgram);
  await must("javac", ["-cp", join(jars, "*"), "-d", jars, source]);
}
