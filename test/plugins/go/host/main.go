// A host on the unmodified go-plugin library: starts the plugin of its arguments and calls Handshake.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

type driver struct{ plugin.NetRPCUnsupportedPlugin }

func (driver) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (driver) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

func main() {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  1,
			MagicCookieKey:   "SLIPWAY_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21",
		},
		Plugins:          plugin.PluginSet{"driver": driver{}},
		Cmd:              exec.Command(os.Args[1], os.Args[2:]...),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         os.Getenv("PLAIN") == "",
		Logger:           hclog.New(&hclog.LoggerOptions{Name: "host", Level: hclog.Debug, Output: os.Stderr}),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		log.Fatal(err)
	}
	if err := protocol.Ping(); err != nil {
		log.Fatal("ping: ", err)
	}
	conn, err := protocol.Dispense("driver")
	if err != nil {
		log.Fatal(err)
	}
	answer := &emptypb.Empty{}
	method := "/slipway.driver.v1.DriverService/Handshake"
	if err := conn.(*grpc.ClientConn).Invoke(context.Background(), method, &emptypb.Empty{}, answer); err != nil {
		log.Fatal("handshake: ", err)
	}
	fmt.Printf("%q\n", answer.ProtoReflect().GetUnknown())
	client.Kill()
	fmt.Println("exited:", client.Exited())
}
