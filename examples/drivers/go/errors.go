package main

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// driverError returns an error in the protocol's format: a code, a stable reason, a message and an optional remedy.
func driverError(code codes.Code, reason, message, remedy string, fields ...*errdetails.BadRequest_FieldViolation) error {
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: "driver.slipway.dev"}}
	if len(fields) > 0 {
		details = append(details, &errdetails.BadRequest{FieldViolations: fields})
	}
	if remedy != "" {
		details = append(details, &errdetails.Help{Links: []*errdetails.Help_Link{{Description: remedy}}})
	}
	detailed, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		return status.Error(code, message)
	}
	return detailed.Err()
}

// invalid returns the error of a call with an invalid configuration; nil if there is no error among the findings.
func invalid(found []*driverv1.Diagnostic) error {
	var fields []*errdetails.BadRequest_FieldViolation
	for _, one := range found {
		if one.Severity == driverv1.Severity_SEVERITY_ERROR {
			fields = append(fields, &errdetails.BadRequest_FieldViolation{
				Field: one.Field, Description: one.Message, Reason: one.Reason,
			})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return driverError(codes.InvalidArgument, fields[0].Reason, fields[0].Description, found[0].Remedy, fields...)
}

// internalError returns the error for an unexpected failure, such as a file that cannot be written.
func internalError(err error) error {
	if _, typed := status.FromError(err); typed {
		return err
	}
	return driverError(codes.Internal, "DRIVER_FAULT", err.Error(), "")
}
