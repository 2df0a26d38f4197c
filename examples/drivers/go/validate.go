package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"google.golang.org/protobuf/proto"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// maxSocketPath is the longest path of a unix socket on Linux, in bytes.
const maxSocketPath = 107

// daemonConfig is the daemon's configuration among its files.
const daemonConfig = "buildkitd.toml"

// nodeNames matches valid names of folders.
var nodeNames = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)

// reservedFlags are the flags that the driver sets.
var reservedFlags = []string{"--addr", "--config", "--root", "--otel-socket-path"}

// validate returns a configuration in normal form, and everything that is wrong with it. It has no side effects.
func (s *service) validate(given *driverv1.NodeConfig) (*driverv1.NodeConfig, []*driverv1.Diagnostic) {
	config := proto.Clone(given).(*driverv1.NodeConfig)
	options, found := checkOptions(config.Options)
	config.Options = options
	if !nodeNames.MatchString(config.Node) {
		message := fmt.Sprintf("The node name %q cannot be used.", config.Node)
		found = append(found, finding("NODE_INVALID", "node", message, "Use letters, digits, dots and dashes."))
	} else if path := s.folderOf(config.Node).socket(); len(path) > maxSocketPath {
		message := fmt.Sprintf("The socket path %s is longer than %d bytes.", path, maxSocketPath)
		found = append(found, finding("SOCKET_PATH_TOO_LONG", "node", message, "Use a shorter node name."))
	}
	if config.Endpoint != "" {
		message := fmt.Sprintf("The driver %s does not take an endpoint.", driverName)
		found = append(found, finding("ENDPOINT_FORBIDDEN", "endpoint", message, descriptor.Endpoint.Description))
	}
	for index, flag := range config.DaemonFlags {
		name, _, _ := strings.Cut(flag, "=")
		if slices.Contains(reservedFlags, name) {
			field := fmt.Sprintf("daemon_flags[%d]", index)
			found = append(found, finding("DAEMON_FLAG_RESERVED", field, "The driver sets "+name+".", "Leave it out."))
		}
	}
	for _, name := range sortedKeys(config.DaemonFiles) {
		if !filepath.IsLocal(name) {
			field := fmt.Sprintf("daemon_files[%s]", name)
			message := fmt.Sprintf("The path %q is outside the daemon's configuration folder.", name)
			found = append(found, finding("DAEMON_FILE_PATH_INVALID", field, message, "Use a relative path without '..'."))
		}
	}
	if err := readToml(config.DaemonFiles[daemonConfig]); err != nil {
		field := fmt.Sprintf("daemon_files[%s]", daemonConfig)
		message := fmt.Sprintf("%s cannot be read: %v.", daemonConfig, err)
		found = append(found, finding("DAEMON_CONFIG_INVALID", field, message, "Correct the file."))
	}
	return config, found
}

// readToml returns why a text is not TOML, with line and column.
func readToml(text []byte) error {
	var broken *toml.DecodeError
	err := toml.Unmarshal(text, &map[string]any{})
	if errors.As(err, &broken) {
		line, column := broken.Position()
		return fmt.Errorf("line %d, column %d: %w", line, column, err)
	}
	return err
}
