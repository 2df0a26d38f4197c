package driver

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkOptions replaces the options by their normal form, with defaults; what is wrong is reported and left out.
func (c *Check) checkOptions(schema []*Option, title string) {
	given := c.Config.Options
	options := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, field := given[name], optionField(name)
		option := findOption(schema, name)
		if option == nil {
			c.Errorf(field, "OPTION_UNKNOWN", knownOptions(schema, name), "%s has no option %q.", title, name)
			continue
		}
		if option.Deprecation != "" {
			c.Warnf(field, "OPTION_DEPRECATED", option.Deprecation, "The driver option %s is deprecated.", name)
		}
		if value == "" && option.Required {
			continue // Reported as missing below.
		}
		normal, err := normalForm(option, value)
		if err != nil {
			shown := fmt.Sprintf(" %q", value)
			if option.Sensitive {
				shown = ""
			}
			c.Errorf(field, "OPTION_INVALID", correction(name, err),
				"The value%s of the driver option %s cannot be used: %v.", shown, name, err)
			continue
		}
		options[name] = normal
	}
	for _, option := range schema {
		if isPrefix(option) || given[option.Name] != "" {
			continue
		}
		if option.DefaultValue == "" && option.Required {
			message := strings.TrimSpace(fmt.Sprintf("The driver option %s is missing. %s", option.Name, option.Description))
			c.Errorf(optionField(option.Name), "OPTION_REQUIRED",
				fmt.Sprintf("Set the driver option %s.", option.Name), "%s", message)
		}
		if _, set := options[option.Name]; !set && option.DefaultValue != "" {
			options[option.Name] = option.DefaultValue // In normal form, which is checked when the plugin starts.
		}
	}
	c.Config.Options = options
}

// correction is the remedy for a value that cannot be used. A clause "expected …" names the values that can.
func correction(name string, err error) string {
	if values, found := strings.CutPrefix(err.Error(), "expected "); found {
		return fmt.Sprintf("Set the driver option %s to %s.", name, values)
	}
	return fmt.Sprintf("Correct the driver option %s.", name)
}

// optionField is the path of an option in NodeConfig.
func optionField(name string) string { return fmt.Sprintf("options[%s]", name) }

func isPrefix(option *Option) bool { return strings.HasSuffix(option.Name, ".*") }

// findOption finds the option of a name. An exact name wins over a prefix, and a longer prefix over a shorter one.
func findOption(schema []*Option, name string) *Option {
	var found []*Option
	for _, option := range schema {
		if option.Name == name {
			return option
		}
		prefix := strings.TrimSuffix(option.Name, "*")
		if isPrefix(option) && strings.HasPrefix(name, prefix) && name != prefix {
			found = append(found, option)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return slices.MaxFunc(found, func(a, b *Option) int { return cmp.Compare(len(a.Name), len(b.Name)) })
}

// knownOptions is the remedy for an unknown option: the nearest name, and all names.
func knownOptions(schema []*Option, name string) string {
	if len(schema) == 0 {
		return "It has no options."
	}
	var names []string
	for _, option := range schema {
		names = append(names, option.Name)
	}
	known := fmt.Sprintf("Known options: %s.", strings.Join(names, ", "))
	if meant := nearest(name, names); meant != "" {
		return fmt.Sprintf("Did you mean %s? %s", meant, known)
	}
	return known
}
