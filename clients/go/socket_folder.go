package slipway

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"
)

// maxLinks is how many links Linux follows in one path.
const maxLinks = 40

// checkSocketFolder checks that no other user can have put a socket into a folder, or can replace the folder: it, each
// folder above it, and each link on the way belong to this user or to root, and nobody else can write to them. Folders
// above may be writable if they are sticky, as /tmp is. It returns false if there is no such folder.
func checkSocketFolder(folder string) (bool, error) {
	if err := checkWay(folder); err != nil {
		return false, err
	}
	target, err := os.Stat(folder)
	if err != nil {
		return false, unlessMissing(err)
	}
	if !target.IsDir() {
		return false, unsafeFolder(folder, "it is not a folder", "Use another path for the socket.")
	}
	if isOpen(target) {
		return false, openFolder(folder, folder, target)
	}
	return true, nil
}

// checkWay checks every folder and link that the kernel passes on the way to a folder, and the folder itself. What is
// missing ends it.
func checkWay(folder string) error {
	at, left := "/", folder
	if !filepath.IsAbs(folder) {
		current, err := os.Getwd()
		if err != nil {
			return err
		}
		left = current + "/" + folder
	}
	names := append([]string{"."}, strings.Split(left, "/")...)
	for links := 0; len(names) > 0; {
		name := names[0]
		names = names[1:]
		step := filepath.Join(at, name)
		info, err := os.Lstat(step)
		if err != nil {
			return unlessMissing(err)
		}
		if owner := ownerOf(info); owner != os.Getuid() && owner != 0 {
			return foreignFolder(folder, step, owner)
		}
		isLink := info.Mode()&fs.ModeSymlink != 0
		if isOpen(info) && info.Mode()&fs.ModeSticky == 0 && !isLink {
			return openFolder(folder, step, info)
		}
		if !isLink {
			at = step
			continue
		}
		if links++; links > maxLinks {
			return nil
		}
		target, err := os.Readlink(step)
		if err != nil {
			return err
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		names = append(strings.Split(target, "/"), names...)
	}
	return nil
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
		return foreignFolder(folder, folder, owner)
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

// isOpen reports whether the mode lets other users write.
func isOpen(info fs.FileInfo) bool {
	return info.Mode().Perm()&0o022 != 0
}

// foreignFolder is the error for a folder that another user owns, or one on the way to it.
func foreignFolder(folder, step string, owner int) error {
	subject := "it"
	if step != folder {
		subject = step
	}
	remedy := "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST."
	return unsafeFolder(folder, fmt.Sprintf("%s belongs to user %d", subject, owner), remedy)
}

// openFolder is the error for a folder that others can write to, or one on the way to it.
func openFolder(folder, step string, info fs.FileInfo) error {
	subject := fmt.Sprintf("its mode %04o", info.Mode().Perm())
	if step != folder {
		subject = fmt.Sprintf("the mode %04o of %s", info.Mode().Perm(), step)
	}
	return unsafeFolder(folder, subject+" lets other users write to it", "Run: chmod go-w "+step)
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
