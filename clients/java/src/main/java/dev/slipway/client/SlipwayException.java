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

/** What a host says is wrong; docs/api.md lists the reasons. */
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

  /** Reads the error of a call as a typed one. */
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

  /** Why a build did not succeed. */
  static SlipwayException of(BuildError error) {
    Status.Code code = Status.fromCodeValue(error.getCode()).getCode();
    Map<String, String> fields =
        error.getField().isEmpty() ? Map.of() : Map.of(error.getField(), error.getMessage());
    return new SlipwayException(
        code, error.getReason(), error.getMessage(), error.getRemedy(), fields, Map.of(), null);
  }

  /** An error that this client raises itself. */
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

  /** Stable, in UPPER_SNAKE_CASE; empty when the error did not come from a host or driver. */
  public String reason() {
    return reason;
  }

  /** What to do about it; may be empty. */
  public String remedy() {
    return remedy;
  }

  /** The fields of the request at fault, as paths, with what is wrong with each. */
  public Map<String, String> fields() {
    return fields == null ? Map.of() : fields;
  }

  /** Further facts for programs. */
  public Map<String, String> metadata() {
    return metadata == null ? Map.of() : metadata;
  }

  /** Whether it was the transport's own error; those of the host have reasons. */
  boolean isLostConnection() {
    return code == Status.Code.UNAVAILABLE && reason.isEmpty();
  }
}
