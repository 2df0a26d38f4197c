package dev.slipway.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Help;
import dev.slipway.v1.BuildError;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.LinkedHashMap;
import java.util.Map;

/** A typed error of a host or of this client. docs/api.md lists the reasons. */
public final class SlipwayException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Status.Code code;
  private final String reason;
  private final String remedy;
  private final transient Map<String, String> fields;
  private final transient Map<String, String> metadata;

  private SlipwayException(
      Status.Code code,
      String reason,
      String message,
      String remedy,
      Map<String, String> fields,
      Map<String, String> metadata,
      Throwable cause) {
    super(remedy.isEmpty() ? message : message + " (" + remedy + ")", cause);
    this.code = code;
    this.reason = reason;
    this.remedy = remedy;
    this.fields = Map.copyOf(fields);
    this.metadata = Map.copyOf(metadata);
  }

  /** Converts the error of a call to a typed one. */
  public static SlipwayException of(StatusRuntimeException error) {
    String reason = "";
    String remedy = "";
    Map<String, String> fields = new LinkedHashMap<>();
    Map<String, String> metadata = Map.of();
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    try {
      for (Any detail : status == null ? java.util.List.<Any>of() : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          reason = info.getReason();
          metadata = info.getMetadataMap();
        } else if (detail.is(BadRequest.class)) {
          for (BadRequest.FieldViolation violation : detail.unpack(BadRequest.class).getFieldViolationsList()) {
            fields.put(violation.getField(), violation.getDescription());
          }
        } else if (detail.is(Help.class) && detail.unpack(Help.class).getLinksCount() > 0) {
          remedy = detail.unpack(Help.class).getLinks(0).getDescription();
        }
      }
    } catch (InvalidProtocolBufferException damaged) {
      error.addSuppressed(damaged);
    }
    String description = error.getStatus().getDescription();
    String message = description == null ? error.getMessage() : description;
    return new SlipwayException(error.getStatus().getCode(), reason, message, remedy, fields, metadata, error);
  }

  /** The error of a failed build. */
  static SlipwayException of(BuildError error) {
    Status.Code code = Status.fromCodeValue(error.getCode()).getCode();
    Map<String, String> fields =
        error.getField().isEmpty() ? Map.of() : Map.of(error.getField(), error.getMessage());
    return new SlipwayException(
        code, error.getReason(), error.getMessage(), error.getRemedy(), fields, Map.of(), null);
  }

  /** An error of this client itself. */
  static SlipwayException local(
      Status.Code code,
      String reason,
      String message,
      String remedy,
      Map<String, String> fields,
      Map<String, String> metadata) {
    return new SlipwayException(code, reason, message, remedy, fields, metadata, null);
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

  /** The invalid fields of the request, as paths, with a message for each. */
  public Map<String, String> fields() {
    return fields == null ? Map.of() : fields;
  }

  /** Further data for programs. */
  public Map<String, String> metadata() {
    return metadata == null ? Map.of() : metadata;
  }

  /** Whether the error is from the transport; errors of the host have reasons. */
  boolean isLostConnection() {
    return code == Status.Code.UNAVAILABLE && reason.isEmpty();
  }
}
