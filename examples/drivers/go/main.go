// Command process-driver is a Slipway driver plugin: it runs BuildKit as a local process, without a container engine.
// It shows how to write a driver in Go with the unmodified go-plugin library.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// maxMessageBytes is the limit that Handshake reports; grpc-go's default is 4 MiB.
const maxMessageBytes = 64 << 20

// grpcPlugin registers the service with go-plugin.
type grpcPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	service *service
}

func (p grpcPlugin) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	driverv1.RegisterDriverServiceServer(server, p.service)
	return nil
}

func (grpcPlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, fmt.Errorf("this is a plugin, not a host")
}

func main() {
	logger := hclog.New(&hclog.LoggerOptions{Name: driverName, Level: hclog.Debug, Output: os.Stderr, JSONFormat: true})
	state, err := stateFolder()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Debian has runc and mount.fuse3 in folders that are not in the PATH of ordinary users.
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin")
	endWithHost()
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  1,
			MagicCookieKey:   "SLIPWAY_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21",
		},
		Plugins: plugin.PluginSet{"driver": grpcPlugin{service: &service{state: state, log: logger}}},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(maxMessageBytes))...)
		},
		Logger: logger,
	})
}

// endWithHost ends the process on SIGTERM and when the host has died, which go-plugin does not do. The BuildKit daemons
// continue, like those of a container engine.
func endWithHost() {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	hostDied := make(chan struct{})
	if os.Getenv("SLIPWAY_PLUGIN_HELD_STDIN") == "true" {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			close(hostDied)
		}()
	}
	go func() {
		select {
		case <-terminated:
		case <-hostDied:
		}
		// Only this process uses the folder, which has go-plugin's socket.
		if folder := os.Getenv("PLUGIN_UNIX_SOCKET_DIR"); folder != "" {
			sockets, _ := filepath.Glob(filepath.Join(folder, "plugin*"))
			for _, socket := range sockets {
				os.Remove(socket)
			}
		}
		os.Exit(0)
	}()
}

// stateFolder is the folder of the nodes of all hosts of this user.
func stateFolder() (string, error) {
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "slipway", driverName), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for state, set XDG_STATE_HOME or HOME: %w", err)
	}
	return filepath.Join(home, ".local", "state", "slipway", driverName), nil
}
