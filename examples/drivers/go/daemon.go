package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// connected is the state of a connected socket in /proc/net/unix.
const connected = "03"

// daemon is a running buildkitd, or the rootlesskit around it.
type daemon struct {
	pid  int
	args []string
}

func (d *daemon) title() string {
	if slices.Contains(d.args, "--rootless") {
		return "rootless buildkitd"
	}
	return "buildkitd"
}

// find looks for the node's daemon. The process list is the only record of it, so there is none that could be wrong: a
// daemon is told by the path of its configuration file, which is the node's own.
func (f folder) find() *daemon {
	entries, _ := os.ReadDir("/proc")
	var found []daemon
	pids := map[int]bool{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		args := strings.Split(string(bytes.TrimSuffix(line, []byte{0})), "\x00")
		if slices.Contains(args, f.mark()) && ownedByUs(pid) {
			found = append(found, daemon{pid, args})
			pids[pid] = true
		}
	}
	for _, one := range found {
		if !pids[parentOf(one.pid)] {
			return &one
		}
	}
	return nil
}

// mark is the argument that no other process has.
func (f folder) mark() string { return "--config=" + f.config() }

func ownedByUs(pid int) bool {
	var stat syscall.Stat_t
	return syscall.Stat(fmt.Sprintf("/proc/%d", pid), &stat) == nil && int(stat.Uid) == os.Geteuid()
}

func parentOf(pid int) int {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	// The name before it, in parentheses, can have anything in it.
	_, fields, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
	parts := strings.Fields(fields)
	if len(parts) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(parts[1])
	return parent
}

// commandLine is how the daemon is started for a configuration. Flags of the user come last, so that they win.
func (f folder) commandLine(config *driverv1.NodeConfig) ([]string, error) {
	options := config.Options
	program, err := programOf(options["buildkitd"], "buildkitd")
	if err != nil {
		return nil, err
	}
	args := []string{
		program, f.mark(), "--addr=unix://" + f.socket(), "--root=" + f.root(config),
		"--otel-socket-path=" + f.otel(), "--containerd-worker=false", "--oci-worker=true",
		"--oci-worker-snapshotter=" + options["snapshotter"],
	}
	if runc := options["runc"]; runc != "" {
		args = append(args, "--oci-worker-binary="+runc)
	}
	if isRootless(config) {
		rootlesskit, err := f.rootlesskit()
		if err != nil {
			return nil, err
		}
		args = append(rootlesskit, append(args, "--rootless")...)
	}
	return append(args, config.DaemonFlags...), nil
}

func programOf(given, name string) (string, error) {
	program := given
	if program == "" {
		program = name
	}
	path, err := exec.LookPath(program)
	if err == nil {
		return path, nil
	}
	reason := strings.ToUpper(name) + "_MISSING"
	message := fmt.Sprintf("the program %s cannot be run: %v", program, errors.Unwrap(err))
	remedy := fmt.Sprintf("Install %s on the machine of the Slipway host, or say where it is.", name)
	return "", driverError(codes.FailedPrecondition, reason, message, remedy)
}

// start starts the daemon in a session of its own, so that it outlives this process. The channel tells when it ended.
func (f folder) start(args []string, config *driverv1.NodeConfig) (*daemon, <-chan error, error) {
	log, err := os.OpenFile(f.log(), os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	os.Remove(f.socket())
	if err := f.makeRunFolder(); err != nil {
		return nil, nil, err
	}
	command := exec.Command(args[0], args[1:]...)
	command.Dir = string(f)
	command.Env = f.environment(config)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return nil, nil, driverError(codes.FailedPrecondition, "BUILDKITD_MISSING", err.Error(), "")
	}
	ended := make(chan error, 1)
	go func() {
		err := command.Wait()
		ended <- fmt.Errorf("%s", exitText(command.ProcessState, err))
	}()
	return &daemon{command.Process.Pid, args}, ended, nil
}

// environment is the plugin's own without what concerns only plugins, and the options env.*.
func (f folder) environment(config *driverv1.NodeConfig) []string {
	var variables []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PLUGIN_") && !strings.HasPrefix(variable, "SLIPWAY_PLUGIN_") {
			variables = append(variables, variable)
		}
	}
	if isRootless(config) {
		// runc would use /run, where only root may write; and the session's own folder goes with the session.
		variables = append(variables, "XDG_RUNTIME_DIR="+f.run())
	}
	for _, name := range sortedKeys(config.Options) {
		if variable, ok := strings.CutPrefix(name, "env."); ok {
			variables = append(variables, variable+"="+config.Options[name])
		}
	}
	return variables
}

// stop ends the daemon: kindly, then by force. It returns when the daemon is gone.
func (f folder) stop(patience time.Duration) {
	running := f.find()
	if running == nil {
		return
	}
	syscall.Kill(running.pid, syscall.SIGTERM)
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if f.find() == nil {
			return
		}
	}
	for running := f.find(); running != nil; running = f.find() {
		syscall.Kill(running.pid, syscall.SIGKILL)
		time.Sleep(20 * time.Millisecond)
	}
}

// isUsed tells whether somebody is connected to the daemon's socket.
func (f folder) isUsed() bool {
	table, _ := os.ReadFile("/proc/net/unix")
	for line := range strings.Lines(string(table)) {
		// Num RefCount Protocol Flags Type St Inode Path; the server's end of a connection has its socket's path.
		fields := strings.Fields(line)
		if len(fields) == 8 && fields[5] == connected && fields[7] == f.socket() {
			return true
		}
	}
	return false
}

func exitText(state *os.ProcessState, err error) string {
	if state == nil {
		return err.Error()
	}
	return "it ended with " + state.String()
}
