package main

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"
	"slipway.dev/driver"
)

// ownerFile is the file with the owner of a cache folder: only that node may use and remove it.
const ownerFile = ".slipway-node"

// claimRoot creates the folder of the build cache. It fails when the folder belongs to somebody else.
func (f folder) claimRoot(root string) error {
	if f.ownsRoot(root) {
		return nil
	}
	if entries, err := os.ReadDir(root); err == nil && len(entries) > 0 {
		return driver.Errorf(codes.AlreadyExists, "PROCESS_ROOT_IN_USE",
			"The folder %s has files that the node %s did not create.", root, f.name()).
			WithRemedy("Set the driver option root to an empty folder, or leave it out.")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, ownerFile), []byte(f), 0o600)
}

func (f folder) ownsRoot(root string) bool {
	owner, err := os.ReadFile(filepath.Join(root, ownerFile))
	return err == nil && string(owner) == string(f)
}

// removeRoot deletes a cache folder. The owner file is last, so that after a failure the rest still belongs to the node.
func (f folder) removeRoot(root string) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == ownerFile {
			continue
		}
		if err := f.removeInNamespace(filepath.Join(root, entry.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll(root)
}

// removeAll deletes a folder after unmounting what a killed daemon left mounted in it.
func removeAll(path string) error {
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	defer mounts.Close()
	var points []string
	for lines := bufio.NewScanner(mounts); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 4 && strings.HasPrefix(fields[4], path+"/") {
			points = append(points, fields[4])
		}
	}
	for _, point := range slices.Backward(points) {
		syscall.Unmount(point, syscall.MNT_DETACH)
	}
	return os.RemoveAll(path)
}

// checkRootUnchanged fails when a configuration moves the cache, which may be large.
func (f folder) checkRootUnchanged(config *driver.Config) error {
	recorded := f.recordedSettings()
	if recorded == nil || recorded.Root == f.root(config) || !f.ownsRoot(recorded.Root) {
		return nil
	}
	return driver.Errorf(codes.FailedPrecondition, "CONFIG_CHANGED",
		"The cache of the node %s is in %s and is not moved to %s.", f.name(), recorded.Root, f.root(config)).
		WithRemedy("Set the driver option root to its former value, or remove the builder and create it again.")
}

// roots are the cache folders of the node: the configured one, and that of its last daemon.
func (f folder) roots(config *driver.Config) []string {
	roots := []string{f.root(config)}
	if recorded := f.recordedSettings(); recorded != nil && recorded.Root != roots[0] {
		roots = append(roots, recorded.Root)
	}
	return slices.DeleteFunc(roots, func(root string) bool { return !f.ownsRoot(root) })
}
