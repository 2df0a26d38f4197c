import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import dev.slipway.build.v1.BuildResult;
import dev.slipway.build.v1.BuildSpec;
import dev.slipway.client.Slipway;
import dev.slipway.client.SlipwayException;
import dev.slipway.v1.BuildEvent;
import dev.slipway.v1.BuilderServiceGrpc.BuilderServiceBlockingStub;
import dev.slipway.v1.ListBuildersRequest;
import dev.slipway.v1.ListBuildersResponse;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * The client under test of {@code slipway conformance client}: does one task, which it reads from stdin as JSON, and
 * prints what happens as lines of JSON. docs/conformance.md has the contract.
 *
 * <pre>slipway conformance client -- java -cp 'target/classes:target/lib/*' conformance/Client.java</pre>
 */
public class Client {
  private static final Gson GSON = new Gson();

  record Task(
      String command,
      List<String> requiredCapabilities,
      JsonElement spec,
      String folder,
      long cancelAt,
      long timeoutMs) {}

  static final class Cancelled extends RuntimeException {}

  public static void main(String[] arguments) throws Exception {
    Task task = GSON.fromJson(new InputStreamReader(System.in, StandardCharsets.UTF_8), Task.class);
    List<String> required = task.requiredCapabilities() == null ? List.of() : task.requiredCapabilities();
    try (Slipway slipway = Slipway.connect(required.toArray(String[]::new))) {
      print(run(slipway, task));
    } catch (SlipwayException error) {
      print(describe(error));
    }
  }

  private static Map<String, ?> run(Slipway slipway, Task task) throws Exception {
    switch (task.command()) {
      case "list-builders":
        List<String> names = new ArrayList<>();
        BuilderServiceBlockingStub builders = slipway.builders();
        if (task.timeoutMs() > 0) builders = builders.withDeadlineAfter(task.timeoutMs(), TimeUnit.MILLISECONDS);
        for (ListBuildersResponse page :
            Slipway.pages(builders::listBuilders, ListBuildersRequest.getDefaultInstance())) {
          page.getBuildersList().forEach(builder -> names.add(builder.getName()));
        }
        return Map.of("result", Map.of("builders", names));
      case "build":
        return build(slipway, task);
      default:
        return Map.of("unsupported", "There is no command " + task.command() + ".");
    }
  }

  private static Map<String, ?> build(Slipway slipway, Task task) throws Exception {
    BuildSpec.Builder spec = BuildSpec.newBuilder();
    JsonFormat.parser().merge(task.spec().toString(), spec);
    if (task.folder() != null) spec.setContext(slipway.localContext(Path.of(task.folder())));
    if (task.cancelAt() > 0) {
      try {
        BuildResult result =
            slipway.build(
                spec.build(),
                event -> {
                  print(Map.of("event", toJson(event)));
                  if (event.getSequence() == task.cancelAt()) throw new Cancelled();
                });
        return Map.of("result", toJson(result));
      } catch (Cancelled cancelled) {
        return Map.of("canceled", true);
      }
    }
    String id = slipway.start(spec.build());
    List<CompletableFuture<Void>> reads = new ArrayList<>();
    BuildResult result =
        slipway.follow(
            id,
            event -> {
              print(Map.of("event", toJson(event)));
              if (event.hasOutputReady()) reads.add(CompletableFuture.runAsync(() -> read(slipway, id, event)));
            });
    try {
      reads.forEach(CompletableFuture::join);
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof SlipwayException error) throw error;
      throw failed;
    }
    return Map.of("result", toJson(result));
  }

  private static void read(Slipway slipway, String id, BuildEvent event) {
    int output = event.getOutputReady().getOutput();
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    try {
      slipway.readOutput(id, output, content);
    } catch (java.io.IOException failed) {
      throw new UncheckedIOException(failed);
    }
    print(Map.of("output", output, "data", Base64.getEncoder().encodeToString(content.toByteArray())));
  }

  private static Map<String, ?> describe(SlipwayException error) {
    Map<String, ?> described =
        Map.of(
            "code", error.code().name(),
            "reason", error.reason(),
            "message", error.getMessage(),
            "remedy", error.remedy(),
            "fields", error.fields(),
            "metadata", error.metadata(),
            "retryAfterMs", error.retryAfter().toMillis(),
            "callId", error.callId());
    return Map.of("error", described);
  }

  private static JsonElement toJson(MessageOrBuilder message) {
    try {
      return JsonParser.parseString(JsonFormat.printer().print(message));
    } catch (com.google.protobuf.InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static synchronized void print(Map<String, ?> line) {
    System.out.println(GSON.toJson(line));
  }
}
