package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"slipway.dev/driver"
)

// isRootless reports whether the daemon runs in a user namespace.
func isRootless(config *driver.Config) bool {
	rootless := config.Options["rootless"]
	return rootless == "always" || rootless == "auto" && os.Geteuid() != 0
}

// rootlessRemedy is an additional remedy when a daemon does not start.
func rootlessRemedy(config *driver.Config) string {
	if !isRootless(config) {
		return ""
	}
	return " Without root it needs newuidmap (package uidmap), ranges in /etc/subuid and /etc/subgid, and a kernel that " +
		"allows user namespaces."
}

// rootlesskit is the prefix of a command that runs as root of a user namespace.
func (f folder) rootlesskit() ([]string, error) {
	program, err := programOf("", "rootlesskit")
	return []string{program, "--net=host", "--state-dir=" + filepath.Join(f.run(), "rk")}, err
}

// makeRunFolder creates an empty folder for the files that runc and rootlesskit need while the daemon runs.
func (f folder) makeRunFolder() error {
	if err := removeAll(f.run()); err != nil {
		return err
	}
	return os.Mkdir(f.run(), 0o700)
}

// removeInNamespace deletes files that builds created, which may belong to other users of the namespace. Only its root
// may delete them.
func (f folder) removeInNamespace(path string) error {
	err := removeAll(path)
	if !errors.Is(err, fs.ErrPermission) || os.Geteuid() == 0 {
		return err
	}
	args, missing := f.rootlesskit()
	if missing != nil {
		return missing
	}
	if err := f.makeRunFolder(); err != nil {
		return err
	}
	defer os.RemoveAll(f.run())
	args = append(args, "rm", "-rf", "--", path)
	if output, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s cannot be removed: %w: %s", path, err, output)
	}
	return nil
}
