// A host on the unmodified go-plugin library: starts the plugin given as arguments and calls Handshake. With ENDPOINT it
// also validates and dials a node there, and asks BuildKit for its version.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	commonv1 "slipway.dev/client/gen/slipway/common/v1"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

type driver struct{ plugin.NetRPCUnsupportedPlugin }

func (driver) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (driver) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return driverv1.NewDriverServiceClient(conn), nil
}

func main() {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 2,
			MagicCookieKey:   "SLIPWAY_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21",
		},
		Plugins:          plugin.PluginSet{"driver": driver{}},
		Cmd:              exec.Command(os.Args[1], os.Args[2:]...),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         os.Getenv("PLAIN") == "",
		Logger:           hclog.New(&hclog.LoggerOptions{Name: "host", Level: hclog.Debug, Output: os.Stderr}),
	})
	err := use(client)
	client.Kill()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("exited:", client.Exited())
}

func use(client *plugin.Client) error {
	protocol, err := client.Client()
	if err != nil {
		return err
	}
	if err := protocol.Ping(); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	dispensed, err := protocol.Dispense("driver")
	if err != nil {
		return err
	}
	service := dispensed.(driverv1.DriverServiceClient)
	ctx := context.Background()
	answer, err := service.Handshake(ctx, &driverv1.HandshakeRequest{Host: &commonv1.Peer{Name: "go", Version: "1.0.0"}})
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	for _, one := range answer.Drivers {
		fmt.Printf("driver %s: %s\n", one.Name, one.Title)
	}
	if endpoint := os.Getenv("ENDPOINT"); endpoint != "" {
		return build(ctx, service, answer.Drivers[0].Name, endpoint)
	}
	return nil
}

func build(ctx context.Context, service driverv1.DriverServiceClient, name, endpoint string) error {
	config := &driverv1.NodeConfig{Builder: "go", Node: "go0", Endpoint: endpoint, Options: map[string]string{"nope": "1"}}
	verdict, err := service.Validate(ctx, &driverv1.ValidateRequest{Driver: name, Config: config})
	if err != nil {
		return fmt.Errorf("validate: %w", err)
	}
	fmt.Println("refused:", verdict.Diagnostics[0].Reason, verdict.Diagnostics[0].Field)
	config.Options = nil
	verdict, err = service.Validate(ctx, &driverv1.ValidateRequest{Driver: name, Config: config})
	if err != nil || verdict.Config == nil {
		return fmt.Errorf("validate: %v %v", err, verdict.GetDiagnostics())
	}
	ctx, release := context.WithCancel(ctx)
	defer release()
	lease := &driverv1.LeaseContext{LeaseId: "5f0e4b1e-6d1c-4c43-9f0b-0a1c7f6a2f10"}
	events, err := service.Acquire(ctx, &driverv1.AcquireRequest{Driver: name, Config: verdict.Config, Context: lease})
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	first, err := events.Recv()
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	path := first.GetEndpoint().GetUnix().GetPath()
	conn, err := grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	// An Empty keeps unknown fields, and the version is a string among them.
	info := &emptypb.Empty{}
	if err := conn.Invoke(ctx, "/moby.buildkit.v1.Control/Info", info, info); err != nil {
		return fmt.Errorf("BuildKit: %w", err)
	}
	known := strings.Contains(string(info.ProtoReflect().GetUnknown()), "github.com/moby/buildkit")
	fmt.Println("BuildKit answered:", known)
	return nil
}
