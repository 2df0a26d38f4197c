// Package hostfolder says where slipway-install unpacks the host, and where the client finds it.
package hostfolder

import (
	"os"
	"path/filepath"
)

// Program is the path of the program below the folder.
const Program = "current/bin/slipway"

// Path returns $XDG_DATA_HOME/slipway/host. It fails for a user without a home folder.
func Path() (string, error) {
	if given := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(given) {
		return filepath.Join(given, "slipway/host"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local/share/slipway/host"), err
}
