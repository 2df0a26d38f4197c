package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"slipway.dev/driver"
)

// folder is the path of a node's folder, which has its configuration, socket, log and, by default, cache.
type folder string

func (p processes) folderOf(config *driver.Config) folder {
	return folder(filepath.Join(p.state, config.Node))
}

func (f folder) socket() string  { return filepath.Join(string(f), "buildkitd.sock") }
func (f folder) otel() string    { return filepath.Join(string(f), "otel.sock") }
func (f folder) run() string     { return filepath.Join(string(f), "run") }
func (f folder) log() string     { return filepath.Join(string(f), "buildkitd.log") }
func (f folder) etc() string     { return filepath.Join(string(f), "etc") }
func (f folder) config() string  { return filepath.Join(f.etc(), daemonConfig) }
func (f folder) ownRoot() string { return filepath.Join(string(f), "root") }
func (f folder) name() string    { return filepath.Base(string(f)) }
func (f folder) exists() bool    { return exists(string(f)) }
func exists(path string) bool    { _, err := os.Stat(path); return err == nil }

// createdPaths are what Bootstrap creates besides the cache. The settings have the path of the cache, so they are last.
func (f folder) createdPaths() []string {
	return []string{f.etc(), f.run(), f.log(), f.socket(), f.socket() + ".lock", f.otel(), f.otel() + ".lock", f.settingsFile()}
}

// root is the folder of the build cache.
func (f folder) root(config *driver.Config) string {
	if root := config.Options["root"]; root != "" {
		return root
	}
	return f.ownRoot()
}

// lock excludes other calls that change the node, also of other processes, until the returned function is called.
// The kernel releases the lock of a killed process.
func (f folder) lock(ctx context.Context) (func(), error) {
	for {
		if err := os.MkdirAll(string(f), 0o700); err != nil {
			return nil, err
		}
		file, err := os.Open(string(f))
		if errors.Is(err, fs.ErrNotExist) {
			continue // It was removed meanwhile.
		}
		if err != nil {
			return nil, err
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && f.isSame(file) {
			return func() {
				os.Remove(string(f)) // Fails unless it is empty.
				file.Close()
			}, nil
		}
		file.Close()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// isSame reports whether the open folder is still the one at the path.
func (f folder) isSame(file *os.File) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(string(f))
	return err == nil && os.SameFile(open, named)
}

// locked reports whether a call that changes the node is running.
func (f folder) locked() bool {
	file, err := os.Open(string(f))
	if err != nil {
		return false
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// writeConfig replaces the daemon's files.
func (f folder) writeConfig(config *driver.Config) error {
	if err := os.RemoveAll(f.etc()); err != nil {
		return err
	}
	for name, content := range f.files(config) {
		path := filepath.Join(f.etc(), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// files are the daemon's files. There is always a buildkitd.toml, since buildkitd would read the one in /etc.
func (f folder) files(config *driver.Config) map[string][]byte {
	files := map[string][]byte{daemonConfig: nil}
	for name, content := range config.DaemonFiles {
		files[filepath.Clean(name)] = content
	}
	return files
}

// lastLines returns the last lines of the daemon's log without the stack trace that buildkitd adds to errors.
func (f folder) lastLines(count int) string {
	text, _ := os.ReadFile(f.log())
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		if !strings.HasPrefix(line, "\t") {
			lines = append(lines, line)
		} else if len(lines) > 0 {
			lines = lines[:len(lines)-1] // The name of the function.
		}
	}
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
