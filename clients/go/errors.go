package slipway

import (
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
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
	// Fields are the invalid fields of the request, as paths, with a message for each.
	Fields map[string]string
	// Metadata has further data for programs.
	Metadata map[string]string
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
	typed = &Error{Code: call.Code(), Message: call.Message(), Fields: map[string]string{}}
	for _, detail := range call.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			typed.Reason, typed.Metadata = detail.GetReason(), detail.GetMetadata()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				typed.Fields[violation.GetField()] = violation.GetDescription()
			}
		case *errdetails.Help:
			for _, link := range detail.GetLinks() {
				typed.Remedy = link.GetDescription()
			}
		}
	}
	return typed
}

// typed converts the error of a call to a typed one. It returns other errors unchanged.
func typed(err error) error {
	if known := AsError(err); known != nil {
		return known
	}
	return err
}
