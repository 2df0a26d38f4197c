package driver

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// daemonConfig is the daemon's configuration among its files.
const daemonConfig = "buildkitd.toml"

// registries are the parts of a buildkitd.toml that name files.
type registries struct {
	Registry map[string]struct {
		CA      []string `toml:"ca"`
		Keypair []struct {
			Key  string `toml:"key"`
			Cert string `toml:"cert"`
		} `toml:"keypair"`
	} `toml:"registry"`
}

// checkDaemonFiles checks the paths of the daemon's files, the syntax of buildkitd.toml, and that the files that it names
// are present.
func (c *Check) checkDaemonFiles() {
	for _, name := range slices.Sorted(maps.Keys(c.Config.DaemonFiles)) {
		if !filepath.IsLocal(name) || path.Clean(name) != name {
			c.Errorf(fileField(name), "DAEMON_FILE_PATH_INVALID",
				`Write a relative path without "." and "..", such as certs/registry.example/ca.pem.`,
				"%q is not a path below the daemon's configuration folder.", name)
		}
	}
	content := c.Config.DaemonFiles[daemonConfig]
	if err := toml.Unmarshal(content, &map[string]any{}); err != nil {
		var broken *toml.DecodeError
		if errors.As(err, &broken) {
			line, column := broken.Position()
			err = fmt.Errorf("line %d, column %d: %w", line, column, err)
		}
		c.Errorf(fileField(daemonConfig), "DAEMON_CONFIG_INVALID", "Correct the file.",
			"%s cannot be read: %v.", daemonConfig, err)
		return
	}
	var config registries
	if toml.Unmarshal(content, &config) != nil {
		return // Of other types than BuildKit's, which reports them.
	}
	for _, registry := range slices.Sorted(maps.Keys(config.Registry)) {
		block := config.Registry[registry]
		files := slices.Clone(block.CA)
		for _, pair := range block.Keypair {
			files = append(files, pair.Key, pair.Cert)
		}
		for _, file := range files {
			c.checkNamedFile(registry, file)
		}
	}
}

func (c *Check) checkNamedFile(registry, file string) {
	if _, present := c.Config.DaemonFiles[path.Clean(file)]; file == "" || present {
		return
	}
	reason, report := "DAEMON_FILE_MISSING", c.Errorf
	if path.IsAbs(file) {
		// It may exist where the daemon runs.
		reason, report = "DAEMON_FILE_ELSEWHERE", c.Warnf
	}
	report(fileField(daemonConfig), reason, "Add it to the daemon's files, and name it by its path there.",
		"%s names the file %s for the registry %s, but the file is missing.", daemonConfig, file, registry)
}

// fileField is the path of a daemon's file in NodeConfig.
func fileField(name string) string { return fmt.Sprintf("daemon_files[%s]", name) }
