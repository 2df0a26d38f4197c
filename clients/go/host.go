package slipway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
)

const (
	// hostIdle is how long a host that was started here can be idle before it ends.
	hostIdle = "10m"
	// hostStart is the time limit for a host to listen.
	hostStart = 15 * time.Second
)

// ensureHost returns once a host listens on a socket whose folder is safe; it starts one if start is set and none runs.
// When several are started at once, one stays.
func ensureHost(ctx context.Context, socket string, start bool) error {
	listening, err := listens(ctx, socket)
	if listening || err != nil {
		return err
	}
	if !start {
		return &Error{
			Code:    codes.Unavailable,
			Reason:  "HOST_NOT_RUNNING",
			Message: fmt.Sprintf("No host listens on unix://%s.", socket),
			Remedy:  "Start one with `slipway serve`.",
		}
	}
	if err := makePrivateFolder(filepath.Dir(socket)); err != nil {
		return err
	}
	program, err := findProgram(socket)
	if err != nil {
		return err
	}
	// What the host prints before it opens its own log, host.log in its state folder.
	log, err := os.CreateTemp("", "slipway-host-*.log")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	command := exec.Command(program, "serve", "--socket", socket, "--idle-timeout", hostIdle, "--log-file")
	command.Dir = "/"
	command.Stdout, command.Stderr = log, log
	// In a new session it outlives this program and receives no signals of its terminal.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return startFailed(socket, fmt.Sprintf("%s cannot be run: %v.", program, err))
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	deadline := time.After(hostStart)
	for {
		select {
		case <-time.After(50 * time.Millisecond):
			if listening, err := listens(ctx, socket); listening || err != nil {
				return err
			}
		case err := <-ended:
			// Another host may have started first.
			if listening, _ := listens(ctx, socket); listening {
				return nil
			}
			text, _ := os.ReadFile(log.Name())
			return startFailed(socket, fmt.Sprintf("it ended (%v); its output:\n%s", err, text))
		case <-deadline:
			command.Process.Kill()
			return startFailed(socket, fmt.Sprintf("it did not listen within %s.", hostStart))
		case <-ctx.Done():
			command.Process.Kill()
			return ctx.Err()
		}
	}
}

// listens reports whether a host listens on a socket; an unsafe folder is an error.
func listens(ctx context.Context, socket string) (bool, error) {
	connection, err := dialSocket(ctx, socket)
	if unsafe := new(Error); errors.As(err, &unsafe) {
		return false, unsafe
	}
	if err != nil {
		return false, nil
	}
	return true, connection.Close()
}

// dialSocket connects to a unix socket that no other user can have created.
func dialSocket(ctx context.Context, socket string) (net.Conn, error) {
	folder := filepath.Dir(socket)
	exists, err := checkSocketFolder(folder)
	if err == nil && !exists {
		err = &fs.PathError{Op: "dial", Path: folder, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, "unix", socket)
}

func startFailed(socket, why string) error {
	return &Error{
		Code:    codes.Unavailable,
		Reason:  "HOST_START_FAILED",
		Message: fmt.Sprintf("The host for unix://%s could not be started: %s", socket, why),
		Remedy:  "Run `slipway serve`.",
	}
}
