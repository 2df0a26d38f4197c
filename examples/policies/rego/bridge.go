package main

import (
	"context"
	"errors"

	"github.com/containerd/platforms"
	"github.com/docker/buildx/policy"
	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	gateway "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	driver "slipway.dev/driver"
	policyv1 "slipway.dev/driver/gen/slipway/policy/v1"
)

// errUnresolved ends an evaluation that needs metadata which the host has not looked up yet.
var errUnresolved = errors.New("metadata is not resolved")

// bridge answers for BuildKit from what the host has looked up. It keeps the first request without an answer.
type bridge struct {
	gateway.LLBBridgeClient
	resolved map[string][]byte
	// wanted is a ResolveSourceMetaRequest in binary form; nil when all had answers.
	wanted []byte
}

func newBridge(resolved []*policyv1.Resolved) *bridge {
	answers := map[string][]byte{}
	for _, one := range resolved {
		answers[string(one.GetRequest())] = one.GetResponse()
	}
	return &bridge{resolved: answers}
}

func (*bridge) Ping(context.Context, *gateway.PingRequest, ...grpc.CallOption) (*gateway.PongResponse, error) {
	return &gateway.PongResponse{FrontendAPICaps: gateway.Caps.All(), LLBCaps: pb.Caps.All()}, nil
}

func (b *bridge) ResolveSourceMeta(
	_ context.Context, request *gateway.ResolveSourceMetaRequest, _ ...grpc.CallOption,
) (*gateway.ResolveSourceMetaResponse, error) {
	key, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		return nil, err
	}
	answer, ok := b.resolved[string(key)]
	if !ok {
		if b.wanted == nil {
			b.wanted = key
		}
		return nil, errUnresolved
	}
	response := &gateway.ResolveSourceMetaResponse{}
	return response, proto.Unmarshal(answer, response)
}

// resolve answers a request for a source, for a platform unless the request has one.
func (b *bridge) resolve(
	ctx context.Context, source *pb.SourceOp, request *gateway.ResolveSourceMetaRequest, platform *ocispecs.Platform,
) (*gateway.ResolveSourceMetaResponse, error) {
	complete := proto.Clone(request).(*gateway.ResolveSourceMetaRequest)
	if complete.Source == nil {
		complete.Source = source
	}
	if complete.Platform == nil && platform != nil {
		complete.Platform = toPlatform(platform)
	}
	return b.ResolveSourceMeta(ctx, complete)
}

// resolver is the bridge as buildx uses it.
func (b *bridge) resolver(ctx context.Context) (policy.SourceMetadataResolver, error) {
	return grpcclient.New(ctx, nil, "", "slipway", b, nil)
}

// parsePlatform parses "os/arch[/variant]"; nil for an empty text.
func parsePlatform(text string) (*ocispecs.Platform, error) {
	if text == "" {
		return nil, nil
	}
	platform, err := platforms.Parse(text)
	if err != nil {
		return nil, driver.Errorf(invalidArgument, "PLATFORM_INVALID", "The platform of the source cannot be read: %s", err)
	}
	platform = platforms.Normalize(platform)
	return &platform, nil
}

func toPlatform(platform *ocispecs.Platform) *pb.Platform {
	return &pb.Platform{OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant}
}
