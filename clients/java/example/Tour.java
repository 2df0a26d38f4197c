import com.google.protobuf.ByteString;
import dev.slipway.build.v1.BuildSpec;
import dev.slipway.build.v1.CacheOnlyOutput;
import dev.slipway.build.v1.Context;
import dev.slipway.build.v1.Dockerfile;
import dev.slipway.build.v1.EmptyContext;
import dev.slipway.build.v1.Output;
import dev.slipway.build.v1.Secret;
import dev.slipway.build.v1.StreamedOutput;
import dev.slipway.build.v1.TarOutput;
import dev.slipway.build.v1.Vertex;
import dev.slipway.client.Slipway;
import dev.slipway.client.SlipwayException;
import dev.slipway.common.v1.Feature;
import dev.slipway.v1.BuilderInstance;
import dev.slipway.v1.GetDiskUsageRequest;
import dev.slipway.v1.GetDiskUsageResponse;
import dev.slipway.v1.ListBuildersRequest;
import dev.slipway.v1.ListBuildersResponse;
import dev.slipway.v1.Node;
import dev.slipway.v1.UsageRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * A tour of the API: negotiate, choose a builder by its features, build a folder with a secret and a build argument,
 * save the result as a tar archive, cancel a build, and list the build cache.
 *
 * <pre>java -cp 'target/classes:target/lib/*' example/Tour.java FOLDER OUT.tar</pre>
 */
public final class Tour {
  private Tour() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("usage: Tour FOLDER OUT.tar");
      System.exit(1);
    }
    try (Slipway slipway = Slipway.connect("builds", "outputs.stream")) {
      run(slipway, Path.of(arguments[0]), Path.of(arguments[1]));
    } catch (SlipwayException error) {
      System.err.println(error.reason() + ": " + error.getMessage());
      System.exit(1);
    }
  }

  private static void run(Slipway slipway, Path folder, Path archive) throws IOException {
    String builder = chooseBuilder(slipway, "exporter.image");
    System.out.println("builder: " + builder);
    String token = System.getenv().getOrDefault("TOKEN", "");
    BuildSpec spec =
        BuildSpec.newBuilder()
            .setBuilder(builder)
            .setContext(slipway.localContext(folder))
            .putBuildArgs("GREETING", "hello")
            .addSecrets(Secret.newBuilder().setId("token").setValue(ByteString.copyFromUtf8(token)))
            .addOutputs(Output.newBuilder().setTar(TarOutput.getDefaultInstance()).setStream(StreamedOutput.getDefaultInstance()))
            .build();
    save(slipway, spec, archive);
    cancelOne(slipway, builder);
    GetDiskUsageRequest usage =
        GetDiskUsageRequest.newBuilder().setBuilder(builder).putAllEnvironment(slipway.environment()).build();
    int records = 0;
    long total = 0;
    for (GetDiskUsageResponse page : Slipway.pages(slipway.builders()::getDiskUsage, usage)) {
      records += page.getRecordsCount();
      for (UsageRecord record : page.getRecordsList()) total += record.getSizeBytes();
    }
    System.out.println("cache: " + records + " records, " + total + " bytes");
  }

  /** The first builder with a running node that has a feature. */
  private static String chooseBuilder(Slipway slipway, String feature) {
    ListBuildersRequest request =
        ListBuildersRequest.newBuilder().putAllEnvironment(slipway.environment()).setInspect(true).build();
    for (ListBuildersResponse page : Slipway.pages(slipway.builders()::listBuilders, request)) {
      for (BuilderInstance builder : page.getBuildersList()) {
        if (hasFeature(builder, feature)) return builder.getName();
      }
    }
    throw new IllegalStateException("no builder has the feature " + feature);
  }

  private static boolean hasFeature(BuilderInstance builder, String feature) {
    for (Node node : builder.getNodesList()) {
      for (Feature offered : node.getStatus().getFeaturesList()) {
        if (offered.getId().equals(feature) && offered.getSupported()) return true;
      }
    }
    return false;
  }

  /** Builds, prints completed steps, and writes the streamed output to a file. */
  private static void save(Slipway slipway, BuildSpec spec, Path archive) throws IOException {
    String id = slipway.start(spec);
    try (OutputStream file = Files.newOutputStream(archive)) {
      CompletableFuture<?>[] reading = {CompletableFuture.completedFuture(null)};
      slipway.follow(
          id,
          event -> {
            for (Vertex vertex : event.getProgress().getVertexesList()) {
              if (vertex.hasEndTime()) System.out.println("step: " + vertex.getName());
            }
            if (!event.hasOutputReady()) return;
            int output = event.getOutputReady().getOutput();
            reading[0] = CompletableFuture.runAsync(() -> read(slipway, id, output, file));
          });
      reading[0].join();
    }
  }

  private static void read(Slipway slipway, String id, int output, OutputStream file) {
    try {
      slipway.readOutput(id, output, file);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static final class StopBuild extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Starts a long build, and cancels it when its step runs. */
  private static void cancelOne(Slipway slipway, String builder) {
    String dockerfile = "FROM " + System.getenv("BASE_IMAGE") + "\nRUN sleep 300\n";
    BuildSpec spec =
        BuildSpec.newBuilder()
            .setBuilder(builder)
            .setContext(Context.newBuilder().setEmpty(EmptyContext.getDefaultInstance()))
            .setDockerfile(Dockerfile.newBuilder().setContent(ByteString.copyFromUtf8(dockerfile)))
            .addOutputs(Output.newBuilder().setCacheOnly(CacheOnlyOutput.getDefaultInstance()))
            .setNoCache(true)
            .build();
    try {
      slipway.build(
          spec,
          event -> {
            for (Vertex vertex : event.getProgress().getVertexesList()) {
              if (vertex.hasStartTime() && vertex.getName().equals("[2/2] RUN sleep 300")) throw new StopBuild();
            }
          });
    } catch (StopBuild stopped) {
      System.out.println("cancelled");
    }
  }
}
