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

	"slipway.dev/driver"
)

// usageOptions do not affect a running daemon, so it need not be restarted for them.
var usageOptions = []string{"start-timeout", "stop-timeout"}

// settings are the recorded settings of a daemon.
type settings struct {
	// Root is the folder of the cache.
	Root string `json:"root"`
	// Digests has a digest of each setting by its path in NodeConfig, since values may be secret.
	Digests map[string]string `json:"digests"`
}

func (f folder) settingsFile() string { return filepath.Join(string(f), "settings.json") }

func (f folder) settingsOf(config *driver.Config) settings {
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

// recordSettings records the settings; called before a daemon is started.
func (f folder) recordSettings(config *driver.Config) error {
	text, err := json.Marshal(f.settingsOf(config))
	if err != nil {
		return err
	}
	return os.WriteFile(f.settingsFile(), text, 0o600)
}

// recordedSettings returns the settings of the last daemon; nil if there was none.
func (f folder) recordedSettings() *settings {
	text, err := os.ReadFile(f.settingsFile())
	recorded := &settings{}
	if err != nil || json.Unmarshal(text, recorded) != nil {
		return nil
	}
	return recorded
}

// changedFields returns the settings that differ between the last daemon and a configuration.
func (f folder) changedFields(config *driver.Config) []string {
	recorded := f.recordedSettings()
	if recorded == nil {
		return nil
	}
	current := f.settingsOf(config)
	fields := maps.Clone(current.Digests)
	maps.Copy(fields, recorded.Digests)
	maps.DeleteFunc(fields, func(field, _ string) bool { return recorded.Digests[field] == current.Digests[field] })
	return slices.Sorted(maps.Keys(fields))
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}
