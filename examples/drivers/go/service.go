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

// service is the driver. It has no state: each call reads the disk and the process list, so a restarted plugin finds the
// daemons of an earlier one.
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
		return nil, callError(ctx, err)
	}
	node.stop(stopTimeout(config, request.Force))
	unlock()
	return &driverv1.StopResponse{Status: node.inspect(ctx, config)}, nil
}

func (s *service) Dial(ctx context.Context, request *driverv1.DialRequest) (*driverv1.DialResponse, error) {
	node, config, err := s.node(request.Driver, request.Config)
	if err != nil {
		return nil, err
	}
	if err := node.probe(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, callError(ctx, err)
		}
		status := node.inspect(ctx, config)
		message := fmt.Sprintf("The BuildKit of the node %s cannot be reached: %v.", config.Node, err)
		if status.Reason != "" {
			message = fmt.Sprintf("%s %s", message, status.Reason)
		}
		return nil, driverError(codes.Unavailable, "BUILDKITD_UNREACHABLE", message, status.Remedy)
	}
	// The host dials the daemon itself, so that a build continues when this process ends.
	path := &driverv1.UnixEndpoint{Path: node.socket()}
	return &driverv1.DialResponse{Endpoint: &driverv1.DialResponse_Unix{Unix: path}}, nil
}

// node returns a call's node. It fails for an invalid configuration.
func (s *service) node(driver string, given *driverv1.NodeConfig) (folder, *driverv1.NodeConfig, error) {
	if err := checkRequest(driver, given); err != nil {
		return "", nil, err
	}
	config, found := s.validate(given)
	return s.folderOf(config.Node), config, invalid(found)
}

func checkRequest(driver string, config *driverv1.NodeConfig) error {
	if driver != driverName {
		message := fmt.Sprintf("This plugin has no driver %q, only %s.", driver, driverName)
		return driverError(codes.NotFound, "DRIVER_UNKNOWN", message, "")
	}
	if config == nil {
		const message = "The node's configuration is missing."
		field := &errdetails.BadRequest_FieldViolation{Field: "config", Description: message}
		return driverError(codes.InvalidArgument, "CONFIG_MISSING", message, "", field)
	}
	return nil
}

// stopTimeout is how long running builds may continue.
func stopTimeout(config *driverv1.NodeConfig, force bool) time.Duration {
	if force {
		return time.Second
	}
	duration, _ := time.ParseDuration(config.Options["stop-timeout"])
	return duration
}

// callError returns the error of a call that failed, was cancelled or timed out.
func callError(ctx context.Context, err error) error {
	if ctx.Err() == context.Canceled {
		return driverError(codes.Canceled, "CANCELLED", "The call was cancelled.", "")
	}
	if ctx.Err() != nil {
		return driverError(codes.DeadlineExceeded, "DEADLINE_EXCEEDED", "The call timed out.", "")
	}
	return internalError(err)
}
