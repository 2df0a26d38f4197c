import dev.slipway.build.v1.BuildSpec;
import dev.slipway.build.v1.CacheOnlyOutput;
import dev.slipway.build.v1.Output;
import dev.slipway.client.ConnectOptions;
import dev.slipway.client.Slipway;
import dev.slipway.client.SlipwayException;
import dev.slipway.client.TokenSource;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A job of a CI system that has no secret of the host: it exchanges the ID token that the system issues for the job, and
 * exchanges the next one when its token ends.
 *
 * <p>{@code SLIPWAY_HOST=https://… ID_TOKEN_FILE=… java -cp 'target/classes:target/lib/*' example/Job.java FOLDER BUILDER}
 */
public final class Job {
  public static void main(String[] args) throws Exception {
    try (Slipway slipway = connect()) {
      Output output = Output.newBuilder().setCacheOnly(CacheOnlyOutput.getDefaultInstance()).build();
      BuildSpec.Builder spec = BuildSpec.newBuilder().setBuilder(args[1]).addOutputs(output);
      slipway.build(spec.setContext(slipway.localContext(Path.of(args[0]))).build(), event -> {});
      System.out.println("built");
    } catch (SlipwayException error) {
      System.err.println(error.reason() + ": " + error.getMessage());
      System.exit(1);
    }
  }

  private static Slipway connect() throws Exception {
    return Slipway.connect(ConnectOptions.defaults().tokens(TokenSource.exchanged(Job::idToken)));
  }

  /** Reads the file that Kubernetes keeps current with the token of the job's service account. */
  private static String idToken() throws Exception {
    return Files.readString(Path.of(System.getenv("ID_TOKEN_FILE"))).strip();
  }
}
