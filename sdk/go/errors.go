package driver

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

// errorDomain is the domain of the reasons of drivers.
const errorDomain = "driver.slipway.dev"

// maxErrorBytes limits an error on the wire: gRPC libraries refuse more than 8 KiB of metadata.
const maxErrorBytes = 7 << 10

// Error is the failure of a call, as the protocol has it.
type Error struct {
	// Code is the gRPC code; docs/driver-protocol.md says which one means what.
	Code codes.Code
	// Reason is the stable name of the error, in UPPER_SNAKE_CASE.
	Reason string
	// Message says what is wrong, as a sentence. It must not contain secrets.
	Message string
	// Remedy says what to do about it, as a sentence; may be empty.
	Remedy string
	// Fields are the fields of the request at fault; may be empty.
	Fields []Field
	// Metadata has further facts for programs; may be nil.
	Metadata map[string]string

	cause error
}

// Field is one field of a request that is wrong.
type Field struct {
	// Path is the path into the request, such as "config.options[memory]".
	Path string
	// Message says what is wrong with it.
	Message string
	// Reason is the stable name of this violation; may be empty.
	Reason string
}

// Errorf returns an Error. Its message is made as by [fmt.Errorf], and errors that %w formats are unwrapped from it.
func Errorf(code codes.Code, reason, format string, args ...any) *Error {
	cause := fmt.Errorf(format, args...)
	return &Error{Code: code, Reason: reason, Message: cause.Error(), cause: cause}
}

// WithRemedy sets the remedy, made as by [fmt.Sprintf], and returns the error.
func (e *Error) WithRemedy(format string, args ...any) *Error {
	e.Remedy = fmt.Sprintf(format, args...)
	return e
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns what caused the error.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus returns the error as gRPC sends it. It is shortened when it would be too large for a trailer.
func (e *Error) GRPCStatus() *status.Status {
	short := *e
	short.Message = strings.ToValidUTF8(e.Message, "\uFFFD")
	for {
		made := short.status()
		if short.Message == "" || wireBytes(made) <= maxErrorBytes {
			return made
		}
		if count := len(short.Fields); count > 1 {
			short.Fields = short.Fields[:count/2]
		} else {
			short.Message = shorten(short.Message, len(short.Message)*3/4)
			for index := range short.Fields {
				field := short.Fields[index]
				field.Message = shorten(field.Message, len(short.Message))
				short.Fields = []Field{field}
			}
			short.Remedy = shorten(short.Remedy, len(short.Message))
		}
	}
}

func (e *Error) status() *status.Status {
	details := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Reason: e.Reason, Domain: errorDomain, Metadata: e.Metadata},
	}
	if len(e.Fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, field := range e.Fields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: field.Path, Description: strings.ToValidUTF8(field.Message, "\uFFFD"), Reason: field.Reason,
			})
		}
		details = append(details, bad)
	}
	if e.Remedy != "" {
		link := &errdetails.Help_Link{Description: strings.ToValidUTF8(e.Remedy, "\uFFFD")}
		details = append(details, &errdetails.Help{Links: []*errdetails.Help_Link{link}})
	}
	plain := status.New(e.Code, e.Message)
	detailed, err := plain.WithDetails(details...)
	if err != nil {
		return plain // The code is OK, so there is no error to describe.
	}
	return detailed
}

// wireBytes is the size of a status in the trailers: the message, percent-encoded, and the details in base64.
func wireBytes(made *status.Status) int {
	size := base64.StdEncoding.EncodedLen(proto.Size(made.Proto()))
	for _, char := range []byte(made.Message()) {
		if char < ' ' || char > '~' || char == '%' {
			size += 2
		}
		size++
	}
	return size
}

// shorten cuts a text after so many bytes, and marks the cut.
func shorten(text string, size int) string {
	if len(text) <= size {
		return text
	}
	size -= len("…")
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	if size <= 0 {
		return ""
	}
	return text[:size] + "…"
}
