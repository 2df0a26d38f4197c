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

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// folder is what is kept of a node: its configuration, socket, log and, unless the option root says otherwise, cache.
type folder string

func (s *service) folderOf(node string) folder { return folder(filepath.Join(s.state, node)) }

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

// parts are what Bootstrap makes besides the cache. The settings tell where that is, so they go last.
func (f folder) parts() []string {
	return []string{f.etc(), f.run(), f.log(), f.socket(), f.socket() + ".lock", f.otel(), f.otel() + ".lock", f.settingsFile()}
}

// root is the folder of the build cache.
func (f folder) root(config *driverv1.NodeConfig) string {
	if root := config.Options["root"]; root != "" {
		return root
	}
	return f.ownRoot()
}

// lock keeps other calls that change the node out, those of other processes too, until the returned function is called.
// The lock is the kernel's, so one that a killed process held is free.
func (f folder) lock(ctx context.Context) (func(), error) {
	for {
		if err := os.MkdirAll(string(f), 0o700); err != nil {
			return nil, err
		}
		file, err := os.Open(string(f))
		if errors.Is(err, fs.ErrNotExist) {
			continue // It was removed in between.
		}
		if err != nil {
			return nil, err
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && f.is(file) {
			return func() {
				os.Remove(string(f)) // Only if nothing is in it.
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

// is tells whether the open folder is still the one at the path.
func (f folder) is(file *os.File) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(string(f))
	return err == nil && os.SameFile(open, named)
}

// busy tells whether a call that changes the node is under way.
func (f folder) busy() bool {
	file, err := os.Open(string(f))
	if err != nil {
		return false
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// writeConfig writes the daemon's files anew.
func (f folder) writeConfig(config *driverv1.NodeConfig) error {
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

// files are the daemon's files; there is always a buildkitd.toml, or the one in /etc would be read.
func (f folder) files(config *driverv1.NodeConfig) map[string][]byte {
	files := map[string][]byte{daemonConfig: nil}
	for name, content := range config.DaemonFiles {
		files[filepath.Clean(name)] = content
	}
	return files
}

// lastLines are the ends of the daemon's log, without the stack trace that a buildkitd which gives up adds.
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
