package driver

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var schemeOf = regexp.MustCompile(`(?i)^([a-z][a-z0-9+.-]*)://`)

func (c *Check) checkEndpoint(rules *EndpointRules, title string) {
	endpoint, begin := c.Config.Endpoint, ""
	if schemes := rules.GetSchemes(); len(schemes) > 0 {
		begin = strings.Join(schemes, ":// or ") + "://"
	}
	switch use := rules.GetUse(); {
	case use == EndpointRequired && endpoint == "":
		remedy := "Set the endpoint."
		if begin != "" {
			remedy = "Set the endpoint, beginning with " + begin + "."
		}
		message := strings.TrimSpace(title + " needs an endpoint. " + rules.GetDescription())
		c.Errorf("endpoint", "ENDPOINT_REQUIRED", remedy, "%s", message)
	case use == EndpointForbidden && endpoint != "":
		c.Errorf("endpoint", "ENDPOINT_FORBIDDEN", "Leave it out.", "%s does not take an endpoint.", title)
	case endpoint != "" && begin != "":
		scheme := schemeOf.FindStringSubmatch(endpoint)
		if scheme != nil && slices.Contains(rules.Schemes, scheme[1]) {
			return
		}
		remedy := "Begin it with " + begin + "."
		c.Errorf("endpoint", "ENDPOINT_INVALID", remedy, "%s cannot use the endpoint %s.", title, withoutUser(endpoint))
	}
}

// withoutUser returns an endpoint for a message, without the user and password that it may hold.
func withoutUser(endpoint string) string {
	if parsed, err := url.Parse(endpoint); err == nil && parsed.User != nil {
		parsed.User = nil
		return parsed.String()
	}
	_, host, found := strings.Cut(endpoint, "@")
	if found {
		return host
	}
	return endpoint
}

func (c *Check) checkDaemon(descriptor *Descriptor, title string) {
	if len(c.Config.DaemonFlags) > 0 && !hasCapability(descriptor.Capabilities, DaemonFlags) {
		c.Errorf("daemon_flags", "DAEMON_FLAGS_UNSUPPORTED", "Leave out daemon_flags.",
			"%s does not start a BuildKit daemon, so it cannot pass flags to one.", title)
	}
	if hasCapability(descriptor.Capabilities, DaemonConfig) {
		c.checkDaemonFiles()
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.Config.DaemonFiles)) {
		c.Errorf(fileField(name), "DAEMON_CONFIG_UNSUPPORTED",
			"Leave out daemon_files, or use a driver that starts its own BuildKit.",
			"%s does not start a BuildKit daemon, so it cannot configure one.", title)
	}
}
