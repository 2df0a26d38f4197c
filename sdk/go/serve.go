package driver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

const (
	cookieName  = "SLIPWAY_PLUGIN_MAGIC_COOKIE"
	cookieValue = "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21"

	protocolVersion = 2
)

// Plugin describes a plugin: a process with one or more drivers.
type Plugin struct {
	// Name is the plugin's name, as in its manifest.
	Name string
	// Version is the plugin's version in SemVer form, as in its manifest.
	Version string
	// Vendor is the author or company; may be empty.
	Vendor string
	// URL is the home page; may be empty.
	URL string
	// Requires has the ids of capabilities that the host must have; may be empty.
	Requires []string
	// Drivers are the plugin's drivers that lead to a BuildKit.
	Drivers []Driver
	// NativeDrivers are the plugin's drivers that build by themselves. A plugin has at least one driver in all, or a policy
	// engine.
	NativeDrivers []NativeDriver
	// Policies decides what builds may take from elsewhere; may be nil.
	Policies PolicyEngine
	// Register adds further gRPC services, such as those of a capability of your own; may be nil. Panics and errors of
	// their handlers are converted as those of drivers.
	Register func(grpc.ServiceRegistrar)
}

// Serve makes the process a plugin: it is the one call of a main function, and does not return. The process exits with 0
// when the host ends it or dies. When no host started it, it says so on stderr and exits with 1.
//
// An operator runs the plugin without a host by the variables SLIPWAY_PLUGIN_LISTEN (host:port), SLIPWAY_PLUGIN_TLS_CERT,
// SLIPWAY_PLUGIN_TLS_KEY and SLIPWAY_PLUGIN_TLS_CLIENT_CA (files): it listens on TCP with mutual TLS, and ends on SIGINT or
// SIGTERM.
//
// With SLIPWAY_PLUGIN_DEBUG its author runs the plugin, for example in a debugger: it prints how to attach it to a host, ends
// on the same signals, and does not change slog's default logger.
//
// Serve makes slog's default logger, and with it that of package log, write to the host's log. The host reads stdout, so
// print nothing before Serve.
func Serve(definition Plugin) {
	if err := serve(definition); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(definition Plugin) error {
	hasHost := os.Getenv(cookieName) == cookieValue
	debugged := !hasHost && os.Getenv(debugVariable) != ""
	if !debugged {
		slog.SetDefault(newLogger(definition.Name, os.Stderr))
	}
	drivers, err := definition.check()
	if err != nil {
		return fmt.Errorf("the plugin %s cannot start: %w", definition.Name, err)
	}
	if debugged {
		return serveAuthor(definition, drivers)
	}
	if os.Getenv(listenVariable) != "" {
		process := newProcess("", "")
		process.endOn(os.Interrupt, syscall.SIGTERM)
		service := &service{plugin: definition, drivers: drivers, leases: process.leases}
		return process.operate(service)
	}
	if !hasHost {
		return fmt.Errorf("%s is a Slipway driver plugin: a Slipway host starts it.\n"+
			"Install it with `slipway plugins install FOLDER`, where FOLDER contains slipway-plugin.json.\n"+
			"To run it by hand, for example in a debugger, set "+debugVariable+"=1.", definition.Name)
	}
	folder, own, err := socketFolder()
	if err != nil {
		return err
	}
	process := newProcess(folder, own)
	defer process.cleanUp()
	service := &service{plugin: definition, drivers: drivers, leases: process.leases}
	process.endOn(syscall.SIGTERM)
	process.endWithHost()
	// It returns when the server is stopped, and has deleted its socket then.
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: protocolVersion, MagicCookieKey: cookieName, MagicCookieValue: cookieValue,
		},
		Plugins:    plugin.PluginSet{"driver": registration{service: service}},
		GRPCServer: process.newServer,
	})
	if !process.served() {
		return fmt.Errorf("the plugin %s cannot listen", definition.Name) // go-plugin has logged why.
	}
	return nil
}

// check returns the drivers. It fails for what the host could not use.
func (p Plugin) check() (*drivers, error) {
	if p.Policies == nil && len(p.Drivers)+len(p.NativeDrivers) == 0 {
		return nil, fmt.Errorf("a plugin needs a driver or a policy engine")
	}
	if p.Policies != nil {
		if err := checkPolicyEngine(p.Policies); err != nil {
			return nil, err
		}
	}
	return newDrivers(p.Drivers, p.NativeDrivers)
}

// socketFolder returns the folder for this process's sockets, twice if the process made it.
func socketFolder() (folder, own string, err error) {
	if folder := os.Getenv(plugin.EnvUnixSocketDir); folder != "" {
		return folder, "", nil
	}
	own, err = makeOwnFolder()
	return own, own, err
}

// registration registers the services with go-plugin.
type registration struct {
	plugin.NetRPCUnsupportedPlugin
	service *service
}

func (r registration) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	r.service.register(server)
	return nil
}

func (registration) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is a plugin, not a host")
}
