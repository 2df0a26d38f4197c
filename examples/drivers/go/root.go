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
