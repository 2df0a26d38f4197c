// Command process-driver is a Slipway driver plugin: it runs BuildKit as a local process, without a container engine.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"slipway.dev/driver"
)

func main() {
	state, err := stateFolder()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Debian has runc and mount.fuse3 in folders that are not in the PATH of ordinary users.
	if _, err := exec.LookPath("runc"); err != nil {
		os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin")
	}
	driver.Serve(driver.Plugin{
		Name:    driverName,
		Version: "0.1.0",
		Vendor:  "Slipway examples",
		Drivers: []driver.Driver{processes{state}},
	})
}

// stateFolder is the folder of the nodes of all hosts of this user.
func stateFolder() (string, error) {
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "slipway", driverName), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for state, set XDG_STATE_HOME or HOME: %w", err)
	}
	return filepath.Join(home, ".local", "state", "slipway", driverName), nil
}
