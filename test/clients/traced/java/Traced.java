import com.google.protobuf.ByteString;
import dev.slipway.build.v1.BuildSpec;
import dev.slipway.build.v1.Context;
import dev.slipway.build.v1.Dockerfile;
import dev.slipway.build.v1.EmptyContext;
import dev.slipway.client.ConnectOptions;
import dev.slipway.client.Slipway;
import io.grpc.ClientInterceptor;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.instrumentation.grpc.v1_6.GrpcTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;

/** Builds the Dockerfile of its argument in a span, and prints the id of the trace. */
public final class Traced {
  private Traced() {}

  private static Slipway connect(OpenTelemetrySdk telemetry) throws Exception {
    ClientInterceptor interceptor = GrpcTelemetry.create(telemetry).createClientInterceptor();
    return Slipway.connect(ConnectOptions.defaults().interceptors(interceptor));
  }

  public static void main(String[] arguments) throws Exception {
    OpenTelemetrySdk telemetry =
        OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder().build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    Span span = telemetry.getTracer("test").spanBuilder("release").startSpan();
    try (Slipway slipway = connect(telemetry);
        Scope scope = span.makeCurrent()) {
      BuildSpec spec =
          BuildSpec.newBuilder()
              .setBuilder("present")
              .setContext(Context.newBuilder().setEmpty(EmptyContext.getDefaultInstance()))
              .setDockerfile(Dockerfile.newBuilder().setContent(ByteString.copyFromUtf8(arguments[0])))
              .build();
      slipway.build(spec, event -> {});
      System.out.println(span.getSpanContext().getTraceId());
    } finally {
      span.end();
    }
  }
}
