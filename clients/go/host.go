package slipway

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// hostIdle is how long a host that was started here waits for work before it ends.
	hostIdle = "10m"
	// hostStart is how long a host may take to listen.
	hostStart = 15 * time.Second
)

// ensureHost starts a host on a socket unless one listens there. Of several that are started at once one stays.
func ensureHost(ctx context.Context, socket string) error {
	if listens(socket) {
		return nil
	}
	if err := privateFolder(filepath.Dir(socket)); err != nil {
		return err
	}
	program := os.Getenv("SLIPWAY")
	if program == "" {
		program = "slipway"
	}
	log, err := os.CreateTemp("", "slipway-host-*.log")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	command := exec.Command(program, "serve", "--socket", socket, "--idle-timeout", hostIdle)
	command.Dir = "/"
	command.Stdout, command.Stderr = log, log
	// In a session of its own it outlives this program and gets none of its terminal's signals.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return fmt.Errorf("no Slipway host listens on %s, and none could be started: %w", socket, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	deadline := time.After(hostStart)
	for {
		select {
		case <-time.After(50 * time.Millisecond):
			if listens(socket) {
				return nil
			}
		case err := <-ended:
			// Another one may have been faster.
			if listens(socket) {
				return nil
			}
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("the Slipway host ended (%v) before it listened on %s:\n%s", err, socket, text)
		case <-deadline:
			command.Process.Kill()
			return fmt.Errorf("the Slipway host did not listen on %s within %s", socket, hostStart)
		case <-ctx.Done():
			command.Process.Kill()
			return ctx.Err()
		}
	}
}

func listens(socket string) bool {
	connection, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

// privateFolder makes the socket's folder, which nobody else may reach into.
func privateFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !known || int(owner.Uid) != os.Getuid() {
		return fmt.Errorf("%s must be a folder of your own with mode 0700", folder)
	}
	return nil
}
