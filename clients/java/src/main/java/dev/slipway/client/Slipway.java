package dev.slipway.client;

import com.google.protobuf.Message;
import dev.slipway.build.v1.BuildResult;
import dev.slipway.build.v1.BuildSpec;
import dev.slipway.build.v1.Context;
import dev.slipway.common.v1.Capability;
import dev.slipway.common.v1.Peer;
import dev.slipway.v1.BuildEvent;
import dev.slipway.v1.BuildFinished;
import dev.slipway.v1.BuildServiceGrpc.BuildServiceBlockingStub;
import dev.slipway.v1.BuildServiceGrpc;
import dev.slipway.v1.BuildState;
import dev.slipway.v1.BuilderServiceGrpc.BuilderServiceBlockingStub;
import dev.slipway.v1.BuilderServiceGrpc;
import dev.slipway.v1.CancelBuildRequest;
import dev.slipway.v1.HostLimits;
import dev.slipway.v1.HostServiceGrpc.HostServiceBlockingStub;
import dev.slipway.v1.HostServiceGrpc;
import dev.slipway.v1.NegotiateRequest;
import dev.slipway.v1.NegotiateResponse;
import dev.slipway.v1.PluginServiceGrpc.PluginServiceBlockingStub;
import dev.slipway.v1.PluginServiceGrpc;
import dev.slipway.v1.ReadOutputRequest;
import dev.slipway.v1.ReadOutputResponse;
import dev.slipway.v1.StartBuildRequest;
import dev.slipway.v1.UploadServiceGrpc.UploadServiceBlockingStub;
import dev.slipway.v1.UploadServiceGrpc;
import dev.slipway.v1.WatchBuildRequest;
import dev.slipway.v1.WatchBuildResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A connection to a Slipway host, after negotiation.
 *
 * <pre>{@code
 * try (Slipway slipway = Slipway.connect()) {
 *   BuildSpec spec = BuildSpec.newBuilder().setContext(slipway.localContext(Path.of("."))).addTags("myapp").build();
 *   System.out.println(slipway.build(spec, event -> {}).getImageDigest());
 * }
 * }</pre>
 */
public final class Slipway implements AutoCloseable {
  /** Version of this library. A host of this machine that is older ends once it is idle. */
  private static final String VERSION = "0.1.0";

  private final ManagedChannel channel;
  /** The channel with the interceptors of the caller. */
  private final Channel calls;
  private final Map<String, Capability> capabilities = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  private HostLimits limits = HostLimits.getDefaultInstance();

  private Slipway(ManagedChannel channel, List<ClientInterceptor> interceptors) {
    this.channel = channel;
    this.calls = ClientInterceptors.interceptForward(channel, interceptors);
  }

  /**
   * Connects to the host at SLIPWAY_HOST, or else to this user's host, which is started if none is running. SLIPWAY is
   * the program of the host; without it, docs/api.md says where it is found.
   *
   * @param required ids of capabilities that the client requires; fails if the host lacks one
   */
  public static Slipway connect(String... required) throws IOException, InterruptedException {
    return connect(ConnectOptions.defaults().required(required));
  }

  /** Connects as {@link #connect(String...)} does, with options. */
  public static Slipway connect(ConnectOptions options) throws IOException, InterruptedException {
    HostAddress address = HostAddress.select(System.getenv(), options.tokens() != null);
    if (address.socket() != null) HostProcess.ensure(address.socket());
    Slipway slipway = new Slipway(Channels.open(address, options.tokens()), options.interceptors());
    try {
      slipway.negotiate(options.required());
      return slipway;
    } catch (RuntimeException failed) {
      slipway.close();
      throw failed;
    }
  }

  public BuildServiceBlockingStub builds() {
    return BuildServiceGrpc.newBlockingStub(calls);
  }

  public BuilderServiceBlockingStub builders() {
    return BuilderServiceGrpc.newBlockingStub(calls);
  }

  public PluginServiceBlockingStub plugins() {
    return PluginServiceGrpc.newBlockingStub(calls);
  }

  public HostServiceBlockingStub host() {
    return HostServiceGrpc.newBlockingStub(calls);
  }

  public UploadServiceBlockingStub uploads() {
    return UploadServiceGrpc.newBlockingStub(calls);
  }

  /** The host's capabilities for this client, by id. */
  public Map<String, Capability> capabilities() {
    return Map.copyOf(capabilities);
  }

  /** The environment variables that the host's drivers ask for, to send in requests. */
  public Map<String, String> environment() {
    return Map.copyOf(environment);
  }

  /** Whether the host can read this machine's files, so that paths can replace uploads. */
  public boolean isLocal() {
    return capabilities.containsKey("paths.local");
  }

  /** A folder as a context: its path if the host can read this machine's files, otherwise an upload. */
  public Context localContext(Path folder) throws IOException {
    if (isLocal()) return Context.newBuilder().setPath(folder.toAbsolutePath().normalize().toString()).build();
    return Context.newBuilder().setUpload(uploadContext(folder)).build();
  }

  /**
   * Uploads a folder, except for what its .dockerignore excludes, and returns the id of the upload. Sends only contents
   * that the host lacks.
   */
  public String uploadContext(Path folder) throws IOException {
    try {
      return ContextUpload.of(uploads(), folder, limits.getMaxChunkBytes());
    } catch (StatusRuntimeException error) {
      throw SlipwayException.of(error);
    }
  }

  /**
   * Runs a build to its end and returns its result; throws a {@link SlipwayException} if the build fails. Calls {@code
   * onEvent} with each event. An exception that it throws cancels the build.
   */
  public BuildResult build(BuildSpec spec, Consumer<BuildEvent> onEvent) {
    String id = start(spec);
    boolean ended = false;
    try {
      BuildResult result = follow(id, onEvent);
      ended = true;
      return result;
    } catch (SlipwayException failed) {
      ended = true;
      throw failed;
    } finally {
      if (!ended) cancel(id);
    }
  }

  /** Starts a build and returns its id. A retry after a lost connection starts no second build. */
  public String start(BuildSpec spec) {
    BuildSpec complete =
        spec.getEnvironmentCount() > 0 ? spec : spec.toBuilder().putAllEnvironment(environment).build();
    StartBuildRequest request =
        StartBuildRequest.newBuilder().setRequestId(UUID.randomUUID().toString()).setSpec(complete).build();
    for (int attempt = 0; ; attempt++) {
      try {
        return authorized(() -> builds().startBuild(request)).getBuild().getId();
      } catch (SlipwayException error) {
        Reconnects.await(channel, error, attempt);
      }
    }
  }

  /**
   * Watches a build from its beginning to its end. Reconnects after a lost connection, and once when the host has
   * refused the token, without losing or repeating an event.
   */
  public BuildResult follow(String id, Consumer<BuildEvent> onEvent) {
    long next = 1;
    BuildFinished finished = null;
    int lost = 0;
    boolean isRefused = false;
    while (finished == null) {
      WatchBuildRequest request = WatchBuildRequest.newBuilder().setId(id).setFromSequence(next).build();
      try {
        Iterator<WatchBuildResponse> answers = typed(() -> builds().watchBuild(request));
        while (finished == null && typed(answers::hasNext)) {
          BuildEvent event = answers.next().getEvent();
          next = event.getSequence() + 1;
          lost = 0;
          isRefused = false;
          onEvent.accept(event);
          if (event.hasFinished()) finished = event.getFinished();
        }
        if (finished == null) throw SlipwayException.endedEarly();
      } catch (SlipwayException error) {
        if (error.isRefusedToken() && !isRefused) isRefused = true;
        else Reconnects.await(channel, error, lost++);
      }
    }
    return outcome(finished);
  }

  /** Cancels a running build. */
  public void cancel(String id) {
    authorized(() -> builds().cancelBuild(CancelBuildRequest.newBuilder().setId(id).build()));
  }

  /** Copies a streamed output of a running build. Call it after the output's output_ready event. */
  public void readOutput(String id, int output, OutputStream to) throws IOException {
    ReadOutputRequest request = ReadOutputRequest.newBuilder().setId(id).setOutput(output).build();
    Iterator<ReadOutputResponse> chunks = typed(() -> builds().readOutput(request));
    while (typed(chunks::hasNext)) chunks.next().getData().writeTo(to);
  }

  /**
   * The answers of a list method, page by page, to the end.
   *
   * <pre>{@code
   * for (ListBuildsResponse page : Slipway.pages(slipway.builds()::listBuilds, ListBuildsRequest.getDefaultInstance()))
   * }</pre>
   */
  public static <Q extends Message, A extends Message> Iterable<A> pages(Function<Q, A> list, Q request) {
    return () -> new Pages<>(list, request);
  }

  /** Closes the connection and ends the calls in progress. Builds continue. */
  @Override
  public void close() {
    channel.shutdownNow();
  }

  private void negotiate(List<String> required) {
    NegotiateRequest request =
        NegotiateRequest.newBuilder()
            .setClient(Peer.newBuilder().setName("slipway-java").setVersion(VERSION))
            .addAllRequiredCapabilities(required)
            .build();
    NegotiateResponse answer = authorized(() -> host().negotiate(request));
    limits = answer.getLimits();
    for (Capability capability : answer.getCapabilitiesList()) capabilities.put(capability.getId(), capability);
    for (String variable : answer.getEnvironment().getVariablesList()) {
      String value = System.getenv(variable);
      if (value != null) environment.put(variable, value);
    }
  }

  private static BuildResult outcome(BuildFinished finished) {
    if (finished.getState() == BuildState.BUILD_STATE_SUCCEEDED) return finished.getResult();
    throw SlipwayException.of(finished.getError());
  }

  /** Makes a call, and repeats it once when the host has refused its token. */
  private static <T> T authorized(Supplier<T> call) {
    try {
      return typed(call);
    } catch (SlipwayException error) {
      if (!error.isRefusedToken()) throw error;
      return typed(call);
    }
  }

  private static <T> T typed(Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException error) {
      throw SlipwayException.of(error);
    }
  }
}
