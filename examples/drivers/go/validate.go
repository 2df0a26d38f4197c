package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"slipway.dev/driver"
)

// maxSocketPath is the longest path of a unix socket on Linux, in bytes.
const maxSocketPath = 107

// daemonConfig is the daemon's configuration among its files.
const daemonConfig = "buildkitd.toml"

// nodeNames matches valid names of folders.
var nodeNames = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)

// reservedFlags are the flags that the driver sets.
var reservedFlags = []string{"--addr", "--config", "--root", "--otel-socket-path"}

// Validate checks what the descriptor does not say.
func (p processes) Validate(_ context.Context, check *driver.Check) {
	config := check.Config
	if !nodeNames.MatchString(config.Node) {
		check.Errorf("node", "PROCESS_NODE_INVALID", "Use letters, digits, dots and dashes.",
			"The node name %q cannot be used.", config.Node)
	} else if path := p.folderOf(config).socket(); len(path) > maxSocketPath {
		check.Errorf("node", "SOCKET_PATH_TOO_LONG", "Use a shorter node name.",
			"The socket path %s is longer than %d bytes.", path, maxSocketPath)
	}
	for _, option := range usageOptions {
		if config.Duration(option) < 0 {
			check.Errorf("options["+option+"]", "OPTION_INVALID", "", "The driver option %s must not be negative.", option)
		}
	}
	for index, flag := range config.DaemonFlags {
		name, _, _ := strings.Cut(flag, "=")
		if slices.Contains(reservedFlags, name) {
			check.Errorf(fmt.Sprintf("daemon_flags[%d]", index), "PROCESS_DAEMON_FLAG_RESERVED", "Leave it out.",
				"The driver sets %s.", name)
		}
	}
}
