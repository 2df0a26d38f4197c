package driver

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// debugVariable starts a plugin by hand, for example in a debugger, with any value but the empty one.
const debugVariable = "SLIPWAY_PLUGIN_DEBUG"

// reattach is go-plugin's reattach information.
type reattach struct {
	Protocol        string
	ProtocolVersion int
	Pid             int
	// Test means that a host neither stops nor kills the process.
	Test bool
	Addr reattachAddress
}

type reattachAddress struct {
	Network string
	String  string
}

// serveAuthor serves the host that the author attaches, on a unix socket without TLS, until the process is ended.
func serveAuthor(definition Plugin, drivers *drivers) error {
	folder, err := makeOwnFolder()
	if err != nil {
		return err
	}
	process := newProcess(folder, folder)
	defer process.cleanUp()
	listener, err := listenPrivately(filepath.Join(folder, fmt.Sprintf("plugin%d", os.Getpid())))
	if err != nil {
		return err
	}
	process.endOn(os.Interrupt, syscall.SIGTERM)
	service := &service{plugin: definition, drivers: drivers, leases: process.leases}
	server := process.newOwnServer(service)
	if err := invite(definition.Name, listener.Addr().String()); err != nil {
		return err
	}
	return serveUntilEnded(server, listener)
}

// listenPrivately listens on a unix socket that only this user can open.
func listenPrivately(path string) (net.Listener, error) {
	if len(path) > maxSocketPath() {
		return nil, fmt.Errorf("the socket path %s is longer than %d bytes: use a shorter folder for it, such as TMPDIR=/tmp",
			path, maxSocketPath())
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(path, 0o600)
}

// invite prints the reattach information for programs, and how a person attaches the plugin.
func invite(name, path string) error {
	line, err := json.Marshal(reattach{
		Protocol: "grpc", ProtocolVersion: protocolVersion, Pid: os.Getpid(), Test: true,
		Addr: reattachAddress{Network: "unix", String: path},
	})
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	fmt.Fprintf(os.Stderr, "The plugin %s waits for a host. Attach it with:\n\n  slipway plugins attach '%s'\n",
		name, strings.ReplaceAll(string(line), "'", `'\''`))
	return nil
}
