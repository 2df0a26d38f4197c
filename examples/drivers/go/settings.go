package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// usageOptions say how the driver treats a daemon; it need not be started anew for them.
var usageOptions = []string{"start-timeout", "stop-timeout"}

// settings are what a daemon was started with, as its folder tells.
type settings struct {
	// Root is the folder of its cache.
	Root string `json:"root"`
	// Digests has a digest of each setting by its path in NodeConfig; values may be secret.
	Digests map[string]string `json:"digests"`
}

func (f folder) settingsFile() string { return filepath.Join(string(f), "settings.json") }

func (f folder) settingsOf(config *driverv1.NodeConfig) settings {
	digests := map[string]string{"daemon_flags": digest([]byte(strings.Join(config.DaemonFlags, "\x00")))}
	for name, value := range config.Options {
		if !slices.Contains(usageOptions, name) {
			digests["options["+name+"]"] = digest([]byte(value))
		}
	}
	for name, content := range config.DaemonFiles {
		digests["daemon_files["+name+"]"] = digest(content)
	}
	return settings{Root: f.root(config), Digests: digests}
}

// noteSettings is to be called before a daemon is started.
func (f folder) noteSettings(config *driverv1.NodeConfig) error {
	text, err := json.Marshal(f.settingsOf(config))
	if err != nil {
		return err
	}
	return os.WriteFile(f.settingsFile(), text, 0o600)
}

// notedSettings are those of the daemon that was started last; nil when there was none.
func (f folder) notedSettings() *settings {
	text, err := os.ReadFile(f.settingsFile())
	noted := &settings{}
	if err != nil || json.Unmarshal(text, noted) != nil {
		return nil
	}
	return noted
}

// changedFields are the settings in which the daemon that was started last differs from a configuration.
func (f folder) changedFields(config *driverv1.NodeConfig) []string {
	noted := f.notedSettings()
	if noted == nil {
		return nil
	}
	wanted := f.settingsOf(config)
	fields := maps.Clone(wanted.Digests)
	maps.Copy(fields, noted.Digests)
	maps.DeleteFunc(fields, func(field, _ string) bool { return noted.Digests[field] == wanted.Digests[field] })
	return sortedKeys(fields)
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}
