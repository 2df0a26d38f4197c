package driver

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	commonv1 "slipway.dev/client/gen/slipway/common/v1"
)

// Check is the check of one configuration.
type Check struct {
	// Config is the configuration in normal form, as far as its parts are valid.
	Config *Config
	// Environment has those of Descriptor.EnvironmentVariables that the user has set. It is empty in the checks before
	// other calls than Validate.
	Environment map[string]string
	// Findings have paths in NodeConfig ("options[memory]"), and no values of sensitive options.
	Findings
}

// Findings are what a check reports.
type Findings struct {
	found []*Diagnostic
}

// Errorf reports what makes the request unusable: the path of the field, a stable reason, what to do about it (may be
// empty), and the message, made as by [fmt.Sprintf].
func (f *Findings) Errorf(field, reason, remedy, format string, args ...any) {
	f.report(commonv1.Severity_SEVERITY_ERROR, field, reason, remedy, fmt.Sprintf(format, args...))
}

// Warnf reports what a user should know about a usable request; the arguments are those of Errorf.
func (f *Findings) Warnf(field, reason, remedy, format string, args ...any) {
	f.report(commonv1.Severity_SEVERITY_WARNING, field, reason, remedy, fmt.Sprintf(format, args...))
}

// Failed reports whether an error was reported for the field.
func (f *Findings) Failed(field string) bool {
	return slices.ContainsFunc(f.found, func(one *Diagnostic) bool { return one.Field == field && isError(one) })
}

func (f *Findings) report(severity commonv1.Severity, field, reason, remedy, message string) {
	f.found = append(f.found, &Diagnostic{
		Severity: severity, Field: field, Reason: reason, Remedy: remedy, Message: message,
	})
}

// Validate checks a configuration against the driver's descriptor and with its own [Validator]. It returns the normal form
// and everything that is wrong. The normal form is nil when a finding is an error. The SDK calls it for each request; a
// driver needs it for configurations from elsewhere, such as those of its implicit builders.
func Validate(
	ctx context.Context, driver AnyDriver, given *NodeConfig, environment map[string]string,
) (*Config, []*Diagnostic) {
	check := &Check{Config: &Config{proto.Clone(given).(*NodeConfig)}, Environment: environment}
	descriptor := driver.Descriptor()
	title := "The driver " + descriptor.Name
	check.checkOptions(descriptor.Options, title)
	check.checkEndpoint(descriptor.Endpoint, title)
	check.checkDaemon(descriptor, title)
	if validator, ok := driver.(Validator); ok {
		validator.Validate(ctx, check)
	}
	if slices.ContainsFunc(check.found, isError) {
		return nil, check.found
	}
	return check.Config, check.found
}

func isError(one *Diagnostic) bool { return one.Severity == commonv1.Severity_SEVERITY_ERROR }

// refused is the error of a call with an invalid configuration; nil when there is no error among the findings.
func refused(found []*Diagnostic) error {
	var refusal *Error
	for _, one := range found {
		if !isError(one) {
			continue
		}
		if refusal == nil {
			refusal = &Error{Code: codes.InvalidArgument, Reason: one.Reason, Message: one.Message, Remedy: one.Remedy}
		}
		field := Field{Path: "config." + one.Field, Message: one.Message, Reason: one.Reason}
		refusal.Fields = append(refusal.Fields, field)
	}
	if refusal == nil {
		return nil
	}
	return refusal
}

func hasCapability(capabilities []*Capability, id string) bool {
	return slices.ContainsFunc(capabilities, func(one *Capability) bool { return one.Id == id })
}
