// A minimal driver plugin on the unmodified go-plugin library: it answers Handshake and prints a line.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
)

type driver struct{ plugin.NetRPCUnsupportedPlugin }

func (driver) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

// Handshake is declared by hand: an Empty keeps unknown fields.
func (driver) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "slipway.driver.v1.DriverService",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Handshake",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				if err := decode(&emptypb.Empty{}); err != nil {
					return nil, err
				}
				fmt.Println("printed by Go")
				peer := field(1, field(1, []byte("gopher")))
				answer := &emptypb.Empty{}
				answer.ProtoReflect().SetUnknown(append(field(1, peer), field(2, field(1, []byte("gopher")))...))
				return answer, nil
			},
		}},
	}, struct{}{})
	return nil
}

func field(number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

func main() {
	// The host keeps stdin open while it runs.
	if os.Getenv("SLIPWAY_PLUGIN_HELD_STDIN") == "true" {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 2,
			MagicCookieKey:   "SLIPWAY_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "6f1c0b0b7d5a4d0c9a4a3a6f0b8e5c21",
		},
		Plugins:    plugin.PluginSet{"driver": driver{}},
		GRPCServer: plugin.DefaultGRPCServer,
	})
}
