package driver

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// folderPrefix begins the names of the folders.
	folderPrefix = "slipway-plugin-"
	// emptyTimeout is how long a folder without a socket is kept: it may belong to a process that is starting.
	emptyTimeout = time.Minute
)

// makeOwnFolder makes a folder (0700) for the sockets of a plugin whose host provides none, or that its author runs. Nobody
// deletes the folder of a plugin that was killed, so this first removes those without a listening process.
func makeOwnFolder() (string, error) {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, folder := range found {
		if isDeadFolder(folder) {
			os.RemoveAll(folder)
		}
	}
	return os.MkdirTemp("", folderPrefix)
}

// isDeadFolder reports whether no process uses a folder. Another user's folder cannot be read, and stays.
func isDeadFolder(folder string) bool {
	info, err := os.Lstat(folder)
	if err != nil || !info.IsDir() {
		return false
	}
	sockets, err := os.ReadDir(folder)
	if err != nil || len(sockets) == 0 && time.Since(info.ModTime()) < emptyTimeout {
		return false
	}
	for _, socket := range sockets {
		// Somebody else's folder, whose name begins like ours.
		if socket.Type() != os.ModeSocket {
			return false
		}
		connection, err := net.Dial("unix", filepath.Join(folder, socket.Name()))
		if err == nil {
			connection.Close()
		}
		// A killed process leaves the file.
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return false
		}
	}
	return true
}
