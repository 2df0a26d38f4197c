package slipway

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

// Error is a typed error of a host or of this client. docs/api.md lists the reasons.
type Error struct {
	// Code is the gRPC code.
	Code codes.Code
	// Reason is stable, in UPPER_SNAKE_CASE. It is empty for errors of the transport.
	Reason string
	// Message is for users.
	Message string
	// Remedy is a suggestion for users; can be empty.
	Remedy string
	// Fields are the faults of fields of the request.
	Fields []FieldError
	// Metadata has further data for programs.
	Metadata map[string]string
	// RetryAfter is the delay before the call can succeed, as the host says; 0 if it does not know.
	RetryAfter time.Duration
	// CallID is the id of the call, by which the host's log has it; empty for errors of the transport and of builds.
	CallID string
}

// FieldError is a fault of a field of a request. A field can have several.
type FieldError struct {
	// Field is the path of the field: "spec.tags[0]".
	Field string
	// Reason is stable, in UPPER_SNAKE_CASE.
	Reason string
	// Message is for users.
	Message string
	// Remedy is a suggestion for users; can be empty.
	Remedy string
}

// Error returns the message, with the remedy if there is one.
func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Message
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Remedy)
}

// AsError converts an error to a typed one. It returns nil for nil, and for errors that are not from a call.
func AsError(err error) *Error {
	var typed *Error
	if errors.As(err, &typed) {
		return typed
	}
	call, ok := status.FromError(err)
	if err == nil || !ok {
		return nil
	}
	typed = &Error{Code: call.Code(), Message: call.Message()}
	var hints *slipwayv1.ErrorHints
	for _, detail := range call.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			typed.Reason, typed.Metadata = detail.GetReason(), detail.GetMetadata()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				typed.Fields = append(typed.Fields, FieldError{
					Field: violation.GetField(), Reason: violation.GetReason(), Message: violation.GetDescription(),
				})
			}
		case *errdetails.Help:
			if links := detail.GetLinks(); len(links) > 0 {
				typed.Remedy = links[0].GetDescription()
			}
		case *errdetails.RetryInfo:
			typed.RetryAfter = detail.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			typed.CallID = detail.GetRequestId()
		case *slipwayv1.ErrorHints:
			hints = detail
		}
	}
	addRemedies(typed.Fields, hints)
	return typed
}

// addRemedies sets the remedies of fields. A hint is for the first fault of its field and reason that has none yet.
func addRemedies(fields []FieldError, hints *slipwayv1.ErrorHints) {
	for _, hint := range hints.GetRemedies() {
		for at := range fields {
			field := &fields[at]
			if field.Remedy == "" && field.Field == hint.GetField() && field.Reason == hint.GetReason() {
				field.Remedy = hint.GetRemedy()
				break
			}
		}
	}
}

// typed converts the error of a call to a typed one. It returns other errors unchanged.
func typed(err error) error {
	if known := AsError(err); known != nil {
		return known
	}
	return err
}
