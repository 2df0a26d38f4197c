package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"slipway.dev/driver"
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

// find finds the node's daemon in the process list, by the path of its configuration file. There is no pid file that
// could be wrong.
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
		if slices.Contains(args, f.configFlag()) && ownedByUs(pid) {
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

// configFlag is the argument that only the node's daemon has.
func (f folder) configFlag() string { return "--config=" + f.config() }

func ownedByUs(pid int) bool {
	var stat syscall.Stat_t
	return syscall.Stat(fmt.Sprintf("/proc/%d", pid), &stat) == nil && int(stat.Uid) == os.Geteuid()
}

func parentOf(pid int) int {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	// The process name, in parentheses, may contain any character.
	_, fields, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
	parts := strings.Fields(fields)
	if len(parts) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(parts[1])
	return parent
}

// commandLine returns the daemon's command line. The user's flags come last, so that they win.
func (f folder) commandLine(config *driver.Config) ([]string, error) {
	options := config.Options
	program, err := programOf(options["buildkitd"], "buildkitd")
	if err != nil {
		return nil, err
	}
	args := []string{
		program, f.configFlag(), "--addr=unix://" + f.socket(), "--root=" + f.root(config),
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
	return "", driver.Errorf(codes.FailedPrecondition, "PROCESS_"+strings.ToUpper(name)+"_MISSING",
		"The program %s cannot be run: %v.", program, errors.Unwrap(err)).
		WithRemedy("Install %s on the machine of the Slipway host, or set its path in the driver options.", name)
}

// start starts the daemon in its own session, so that it outlives this process. The channel receives how it exited.
func (f folder) start(args []string, config *driver.Config) (*daemon, <-chan error, error) {
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
		return nil, nil, driver.Errorf(codes.FailedPrecondition, "PROCESS_BUILDKITD_MISSING", "%w", err)
	}
	exited := make(chan error, 1)
	go func() {
		err := command.Wait()
		exited <- fmt.Errorf("%s", exitText(command.ProcessState, err))
	}()
	return &daemon{command.Process.Pid, args}, exited, nil
}

// environment returns the plugin's environment without the variables for plugins, and the options env.*.
func (f folder) environment(config *driver.Config) []string {
	var variables []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PLUGIN_") && !strings.HasPrefix(variable, "SLIPWAY_PLUGIN_") {
			variables = append(variables, variable)
		}
	}
	if isRootless(config) {
		// Without this, runc would use /run, which only root can write, or the session's folder, which ends with the session.
		variables = append(variables, "XDG_RUNTIME_DIR="+f.run())
	}
	for _, name := range slices.Sorted(maps.Keys(config.Options)) {
		if variable, ok := strings.CutPrefix(name, "env."); ok {
			variables = append(variables, variable+"="+config.Options[name])
		}
	}
	return variables
}

// stop sends SIGTERM, and SIGKILL after the timeout. It returns when the daemon has exited.
func (f folder) stop(timeout time.Duration) {
	running := f.find()
	if running == nil {
		return
	}
	syscall.Kill(running.pid, syscall.SIGTERM)
	for until := time.Now().Add(timeout); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if f.find() == nil {
			return
		}
	}
	for running := f.find(); running != nil; running = f.find() {
		syscall.Kill(running.pid, syscall.SIGKILL)
		time.Sleep(20 * time.Millisecond)
	}
}

// inUse reports whether a client is connected to the daemon's socket.
func (f folder) inUse() bool {
	table, _ := os.ReadFile("/proc/net/unix")
	for line := range strings.Lines(string(table)) {
		// Num RefCount Protocol Flags Type St Inode Path; the server's end of a connection has the socket's path.
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
	return "it exited with " + state.String()
}
