package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// service is the driver. It remembers nothing: what exists is read off the disk and the process list in each call, so a
// plugin that is started anew finds the daemons of an earlier one.
type service struct {
	driverv1.UnimplementedDriverServiceServer
	state string
	log   hclog.Logger
}

func (s *service) Handshake(context.Context, *driverv1.HandshakeRequest) (*driverv1.HandshakeResponse, error) {
	return &driverv1.HandshakeResponse{
		Plugin: &driverv1.PluginInfo{
			Peer:   &driverv1.Peer{Name: "process-driver", Version: "0.1.0"},
			Vendor: "Slipway examples",
		},
		Drivers: []*driverv1.DriverDescriptor{descriptor},
		Limits:  &driverv1.Limits{MaxMessageBytes: maxMessageBytes},
	}, nil
}

func (s *service) Validate(_ context.Context, request *driverv1.ValidateRequest) (*driverv1.ValidateResponse, error) {
	if err := checkRequest(request.Driver, request.Config); err != nil {
		return nil, err
	}
	config, found := s.validate(request.Config)
	if len(found) > 0 {
		return &driverv1.ValidateResponse{Diagnostics: found}, nil
	}
	return &driverv1.ValidateResponse{Config: config}, nil
}

func (s *service) Inspect(ctx context.Context, request *driverv1.InspectRequest) (*driverv1.InspectResponse, error) {
	node, config, err := s.node(request.Driver, request.Config)
	if err != nil {
		return nil, err
	}
	return &driverv1.InspectResponse{Status: node.inspect(ctx, config)}, nil
}

func (s *service) Stop(ctx context.Context, request *driverv1.StopRequest) (*driverv1.StopResponse, error) {
	node, config, err := s.node(request.Driver, request.Config)
	if err != nil {
		return nil, err
	}
	unlock, err := node.lock(ctx)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	node.stop(patience(config, request.Force))
	unlock()
	return &driverv1.StopResponse{Status: node.inspect(ctx, config)}, nil
}

func (s *service) Dial(ctx context.Context, request *driverv1.DialRequest) (*driverv1.DialResponse, error) {
	node, config, err := s.node(request.Driver, request.Config)
	if err != nil {
		return nil, err
	}
	if err := node.greets(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, interrupted(ctx, err)
		}
		status := node.inspect(ctx, config)
		message := fmt.Sprintf("the BuildKit of the node %s cannot be reached: %v", config.Node, err)
		if status.Reason != "" {
			message = fmt.Sprintf("%s; %s", message, status.Reason)
		}
		return nil, driverError(codes.Unavailable, "BUILDKITD_UNREACHABLE", message, status.Remedy)
	}
	// The host connects to the daemon itself, so a build goes on when this process ends.
	path := &driverv1.UnixEndpoint{Path: node.socket()}
	return &driverv1.DialResponse{Endpoint: &driverv1.DialResponse_Unix{Unix: path}}, nil
}

// node finds what a call is about, and refuses a configuration that Validate would refuse.
func (s *service) node(driver string, given *driverv1.NodeConfig) (folder, *driverv1.NodeConfig, error) {
	if err := checkRequest(driver, given); err != nil {
		return "", nil, err
	}
	config, found := s.validate(given)
	return s.folderOf(config.Node), config, invalid(found)
}

func checkRequest(driver string, config *driverv1.NodeConfig) error {
	if driver != driverName {
		message := fmt.Sprintf("there is no driver %q here, only %s", driver, driverName)
		return driverError(codes.NotFound, "DRIVER_UNKNOWN", message, "")
	}
	if config == nil {
		const message = "the node's configuration is missing"
		field := &errdetails.BadRequest_FieldViolation{Field: "config", Description: message}
		return driverError(codes.InvalidArgument, "CONFIG_MISSING", message, "", field)
	}
	return nil
}

// patience is how long running builds may take to end.
func patience(config *driverv1.NodeConfig, force bool) time.Duration {
	if force {
		return time.Second
	}
	duration, _ := time.ParseDuration(config.Options["stop-timeout"])
	return duration
}

// interrupted is the error of a call that was cancelled or broke off.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() == context.Canceled {
		return driverError(codes.Canceled, "CANCELLED", "the call was cancelled", "")
	}
	if ctx.Err() != nil {
		return driverError(codes.DeadlineExceeded, "DEADLINE_EXCEEDED", "the call took too long", "")
	}
	return fault(err)
}
