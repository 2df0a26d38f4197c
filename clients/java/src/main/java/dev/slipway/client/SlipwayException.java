package dev.slipway.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Help;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import dev.slipway.build.v1.BuildError;
import dev.slipway.v1.ErrorHints;
import dev.slipway.v1.FieldRemedy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A typed error of a host or of this client. docs/api.md lists the reasons. */
public final class SlipwayException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * A fault of a field of a request. A field can have several.
   *
   * @param field path of the field: "spec.tags[0]"
   * @param reason stable, in UPPER_SNAKE_CASE
   * @param message for users
   * @param remedy a suggestion for users; can be empty
   */
  public record FieldError(String field, String reason, String message, String remedy) {}

  private final Status.Code code;
  private final String reason;
  private final String remedy;
  private final transient List<FieldError> fields;
  private final transient Map<String, String> metadata;
  private final Duration retryAfter;
  private final String callId;

  private SlipwayException(
      Status.Code code,
      String reason,
      String message,
      String remedy,
      List<FieldError> fields,
      Map<String, String> metadata,
      Duration retryAfter,
      String callId,
      Throwable cause) {
    super(remedy.isEmpty() ? message : message + " (" + remedy + ")", cause);
    this.code = code;
    this.reason = reason;
    this.remedy = remedy;
    this.fields = List.copyOf(fields);
    this.metadata = Map.copyOf(metadata);
    this.retryAfter = retryAfter;
    this.callId = callId;
  }

  /** Converts the error of a call to a typed one. */
  public static SlipwayException of(StatusRuntimeException error) {
    // The refusal of a socket's folder.
    if (error.getCause() instanceof SlipwayException own) return own;
    String reason = "";
    String remedy = "";
    List<FieldError> fields = new ArrayList<>();
    ErrorHints hints = ErrorHints.getDefaultInstance();
    Map<String, String> metadata = Map.of();
    Duration retryAfter = Duration.ZERO;
    String callId = "";
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    try {
      for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          reason = info.getReason();
          metadata = info.getMetadataMap();
        } else if (detail.is(BadRequest.class)) {
          for (BadRequest.FieldViolation violation : detail.unpack(BadRequest.class).getFieldViolationsList()) {
            fields.add(
                new FieldError(violation.getField(), violation.getReason(), violation.getDescription(), ""));
          }
        } else if (detail.is(Help.class) && detail.unpack(Help.class).getLinksCount() > 0) {
          remedy = detail.unpack(Help.class).getLinks(0).getDescription();
        } else if (detail.is(RetryInfo.class)) {
          com.google.protobuf.Duration delay = detail.unpack(RetryInfo.class).getRetryDelay();
          retryAfter = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
        } else if (detail.is(RequestInfo.class)) {
          callId = detail.unpack(RequestInfo.class).getRequestId();
        } else if (detail.is(ErrorHints.class)) {
          hints = detail.unpack(ErrorHints.class);
        }
      }
    } catch (InvalidProtocolBufferException damaged) {
      error.addSuppressed(damaged);
    }
    addRemedies(fields, hints);
    String description = error.getStatus().getDescription();
    String message = description == null ? error.getMessage() : description;
    Status.Code code = error.getStatus().getCode();
    return new SlipwayException(code, reason, message, remedy, fields, metadata, retryAfter, callId, error);
  }

  /** The error of a failed build. */
  static SlipwayException of(BuildError error) {
    Status.Code code = Status.fromCodeValue(error.getCode()).getCode();
    FieldError field = new FieldError(error.getField(), error.getReason(), error.getMessage(), error.getRemedy());
    List<FieldError> fields = error.getField().isEmpty() ? List.of() : List.of(field);
    return new SlipwayException(
        code,
        error.getReason(),
        error.getMessage(),
        error.getRemedy(),
        fields,
        error.getMetadataMap(),
        Duration.ZERO,
        "",
        null);
  }

  /** The error of events that end before their build. */
  static SlipwayException endedEarly() {
    String message = "The stream ended before the build did.";
    return local(Status.Code.UNAVAILABLE, "", message, "", List.of(), Map.of());
  }

  /** The error of a {@link TokenSource} that threw another exception than this class. */
  static SlipwayException tokenSourceFailed(Exception cause) {
    String message = "The function that gives the tokens of calls failed: " + cause.getMessage() + ".";
    Status.Code code = Status.Code.UNAUTHENTICATED;
    return new SlipwayException(
        code, "TOKEN_SOURCE_FAILED", message, "", List.of(), Map.of(), Duration.ZERO, "", cause);
  }

  /** An error of this client itself. */
  static SlipwayException local(
      Status.Code code,
      String reason,
      String message,
      String remedy,
      List<FieldError> fields,
      Map<String, String> metadata) {
    return new SlipwayException(code, reason, message, remedy, fields, metadata, Duration.ZERO, "", null);
  }

  /** The gRPC code. */
  public Status.Code code() {
    return code;
  }

  /** Stable, in UPPER_SNAKE_CASE. Empty for errors of the transport. */
  public String reason() {
    return reason;
  }

  /** A suggestion for users; can be empty. */
  public String remedy() {
    return remedy;
  }

  /** The faults of fields of the request. */
  public List<FieldError> fields() {
    return fields == null ? List.of() : fields;
  }

  /** Further data for programs. */
  public Map<String, String> metadata() {
    return metadata == null ? Map.of() : metadata;
  }

  /** The delay before the call can succeed, as the host says; zero if it does not know. */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** Id of the call, by which the host's log has it. Empty for errors of the transport and of builds. */
  public String callId() {
    return callId;
  }

  /**
   * Whether the host has refused the token of a call, and so the call. A {@link TokenSource} may have another one, also
   * where the host's clock or keys have changed and the token seems to be valid.
   */
  boolean isRefusedToken() {
    return reason.equals("TOKEN_EXPIRED") || reason.equals("TOKEN_WRONG");
  }

  /** Sets the remedies of fields. A hint is for the first fault of its field and reason that has none yet. */
  private static void addRemedies(List<FieldError> fields, ErrorHints hints) {
    for (FieldRemedy hint : hints.getRemediesList()) {
      for (int at = 0; at < fields.size(); at++) {
        FieldError field = fields.get(at);
        boolean fits = field.field().equals(hint.getField()) && field.reason().equals(hint.getReason());
        if (!fits || !field.remedy().isEmpty()) continue;
        fields.set(at, new FieldError(field.field(), field.reason(), field.message(), hint.getRemedy()));
        break;
      }
    }
  }
}
