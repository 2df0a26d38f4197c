package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// checkOptions returns the options in normal form, with defaults, and everything that is wrong with them.
func checkOptions(given map[string]string) (map[string]string, []*driverv1.Diagnostic) {
	options := map[string]string{}
	var found []*driverv1.Diagnostic
	for _, name := range sortedKeys(given) {
		field := fmt.Sprintf("options[%s]", name)
		option := findOption(name)
		if option == nil {
			message := fmt.Sprintf("The driver %s has no option %q.", driverName, name)
			found = append(found, finding("OPTION_UNKNOWN", field, message, "Known options: "+knownOptions()+"."))
			continue
		}
		value, err := normalForm(option, given[name])
		if err != nil {
			shown := fmt.Sprintf(" %q", given[name])
			if option.Sensitive {
				shown = ""
			}
			message := fmt.Sprintf("The value%s of the driver option %s cannot be used: %v.", shown, name, err)
			found = append(found, finding("OPTION_INVALID", field, message, option.Description))
			continue
		}
		options[name] = value
	}
	for _, option := range descriptor.Options {
		if _, set := given[option.Name]; !set && option.DefaultValue != "" {
			options[option.Name] = option.DefaultValue
		}
	}
	return options, found
}

func findOption(name string) *driverv1.OptionDescriptor {
	for _, option := range descriptor.Options {
		family, isFamily := strings.CutSuffix(option.Name, "*")
		if option.Name == name || isFamily && strings.HasPrefix(name, family) && name != family {
			return option
		}
	}
	return nil
}

func normalForm(option *driverv1.OptionDescriptor, value string) (string, error) {
	switch option.Type {
	case driverv1.OptionType_OPTION_TYPE_PATH:
		if !filepath.IsAbs(value) || strings.ContainsRune(value, 0) {
			return "", fmt.Errorf("expected an absolute path")
		}
		return filepath.Clean(value), nil
	case driverv1.OptionType_OPTION_TYPE_DURATION:
		duration, err := time.ParseDuration(value)
		if err != nil || duration < 0 {
			return "", fmt.Errorf("expected a duration such as 1m30s")
		}
		return duration.String(), nil
	case driverv1.OptionType_OPTION_TYPE_ENUM:
		if !slices.Contains(option.AllowedValues, value) {
			return "", fmt.Errorf("expected one of %s", strings.Join(option.AllowedValues, ", "))
		}
	}
	return value, nil
}

func finding(reason, field, message, remedy string) *driverv1.Diagnostic {
	return &driverv1.Diagnostic{
		Severity: driverv1.Severity_SEVERITY_ERROR, Reason: reason, Field: field, Message: message, Remedy: remedy,
	}
}

func knownOptions() string {
	var names []string
	for _, option := range descriptor.Options {
		names = append(names, option.Name)
	}
	return strings.Join(names, ", ")
}

func sortedKeys[V any](values map[string]V) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
