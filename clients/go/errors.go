package slipway

import (
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is what a host says is wrong. docs/api.md lists the reasons.
type Error struct {
	// Code is the gRPC code.
	Code codes.Code
	// Reason is stable, in UPPER_SNAKE_CASE; empty when the error did not come from a host or driver.
	Reason string
	// Message is for people.
	Message string
	// Remedy is what to do about it; may be empty.
	Remedy string
	// Fields are the fields of the request at fault, as paths, with what is wrong with each.
	Fields map[string]string
	// Metadata has further facts for programs.
	Metadata map[string]string
}

// Error returns the message, with the remedy if there is one.
func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Message
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Remedy)
}

// AsError reads the error of a call as a typed one; nil for nil and for errors that are not a call's.
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

// typed gives the error of a call its type.
func typed(err error) error {
	if known := AsError(err); known != nil {
		return known
	}
	return err
}
