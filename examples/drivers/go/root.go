package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// markName is the file that says which node made a cache folder: only that node may use and remove it.
const markName = ".slipway-node"

// claimRoot makes the folder of the build cache, or fails when it is somebody else's.
func (f folder) claimRoot(root string) error {
	if f.ownsRoot(root) {
		return nil
	}
	if entries, err := os.ReadDir(root); err == nil && len(entries) > 0 {
		return driverError(codes.AlreadyExists, "ROOT_IN_USE",
			fmt.Sprintf("the folder %s has something in it that the node %s did not make", root, f.name()),
			"Give an empty folder with the option root, or none.")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, markName), []byte(f), 0o600)
}

func (f folder) ownsRoot(root string) bool {
	owner, err := os.ReadFile(filepath.Join(root, markName))
	return err == nil && string(owner) == string(f)
}

// removeRoot deletes a cache folder. Its mark goes last: what is left of it after a fault is still the node's.
func (f folder) removeRoot(root string) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == markName {
			continue
		}
		if err := f.removeForeign(filepath.Join(root, entry.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll(root)
}

// removeAll deletes a folder, and undoes first what a killed daemon has left mounted in it.
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

// checkRootStays fails when a configuration has the cache elsewhere than it is: it may be large, and not be movable.
func (f folder) checkRootStays(config *driverv1.NodeConfig) error {
	noted := f.notedSettings()
	if noted == nil || noted.Root == f.root(config) || !f.ownsRoot(noted.Root) {
		return nil
	}
	return driverError(codes.FailedPrecondition, "CONFIG_CHANGED",
		fmt.Sprintf("the cache of the node %s is in %s and is not moved to %s", f.name(), noted.Root, f.root(config)),
		"Give the option root its former value, or remove the builder and create it anew.")
}

// roots are the cache folders of the node: that of the configuration, and the one that its last daemon had.
func (f folder) roots(config *driverv1.NodeConfig) []string {
	roots := []string{f.root(config)}
	if noted := f.notedSettings(); noted != nil && noted.Root != roots[0] {
		roots = append(roots, noted.Root)
	}
	return slices.DeleteFunc(roots, func(root string) bool { return !f.ownsRoot(root) })
}
