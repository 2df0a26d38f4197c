package slipway

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"google.golang.org/grpc/codes"
)

// checkSocketFolder checks that no other user can have put a socket into a folder: the folder, and the link if the path
// is one, belong to this user or to root, and nobody else can write to the folder. It returns false if there is no such
// folder.
func checkSocketFolder(folder string) (bool, error) {
	link, err := os.Lstat(folder)
	if err != nil {
		return false, unlessMissing(err)
	}
	target, err := os.Stat(folder)
	if err != nil {
		return false, unlessMissing(err)
	}
	for _, info := range []fs.FileInfo{link, target} {
		if owner := ownerOf(info); owner != os.Getuid() && owner != 0 {
			return false, foreignFolder(folder, owner)
		}
	}
	if !target.IsDir() {
		return false, unsafeFolder(folder, "it is not a folder", "Use another path for the socket.")
	}
	if mode := target.Mode().Perm(); mode&0o022 != 0 {
		why := fmt.Sprintf("its mode %04o lets other users write to it", mode)
		return false, unsafeFolder(folder, why, "Run: chmod go-w "+folder)
	}
	return true, nil
}

// makePrivateFolder creates the folder for a host's socket if it is missing, and checks that it is this user's and that
// others have no access.
func makePrivateFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return &Error{
			Code:    codes.FailedPrecondition,
			Reason:  "SOCKET_FOLDER_UNUSABLE",
			Message: fmt.Sprintf("The folder %s cannot be created: %v.", folder, err),
			Remedy:  "Set XDG_RUNTIME_DIR to a folder that you own.",
		}
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return unsafeFolder(folder, "it is not a folder", "Remove the file.")
	}
	if owner := ownerOf(info); owner != os.Getuid() {
		return foreignFolder(folder, owner)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		why := fmt.Sprintf("its mode %04o gives other users access", mode)
		return unsafeFolder(folder, why, "Run: chmod 700 "+folder)
	}
	return nil
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	return err
}

func ownerOf(info fs.FileInfo) int {
	if system, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(system.Uid)
	}
	return -1
}

func foreignFolder(folder string, owner int) error {
	remedy := "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST."
	return unsafeFolder(folder, fmt.Sprintf("it belongs to user %d", owner), remedy)
}

func unsafeFolder(folder, why, remedy string) error {
	return &Error{
		Code:     codes.FailedPrecondition,
		Reason:   "SOCKET_FOLDER_UNSAFE",
		Message:  fmt.Sprintf("The folder %s is not safe for the host's socket: %s.", folder, why),
		Remedy:   remedy,
		Metadata: map[string]string{"folder": folder},
	}
}
