package driver

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	commonv1 "slipway.dev/client/gen/slipway/common/v1"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
	nativebuildv1 "slipway.dev/driver/gen/slipway/nativebuild/v1"
	policyv1 "slipway.dev/driver/gen/slipway/policy/v1"
)

// service is DriverService of a plugin's drivers.
type service struct {
	driverv1.UnimplementedDriverServiceServer
	plugin  Plugin
	drivers *drivers
	nodes   nodeLocks
	leases  *leases
}

// register adds the services to a server.
func (s *service) register(server grpc.ServiceRegistrar) {
	driverv1.RegisterDriverServiceServer(server, s)
	driverv1.RegisterImageStoreServiceServer(server, imageStores{drivers: s.drivers, leases: s.leases})
	nativebuildv1.RegisterNativeBuildServiceServer(server, nativeBuilds{drivers: s.drivers})
	if s.plugin.Policies != nil {
		policyv1.RegisterPolicyServiceServer(server, policies{engine: s.plugin.Policies})
	}
	if s.plugin.Register != nil {
		s.plugin.Register(server)
	}
}

func (s *service) Handshake(
	_ context.Context, request *driverv1.HandshakeRequest,
) (*driverv1.HandshakeResponse, error) {
	for _, id := range s.plugin.Requires {
		if hasCapability(request.Capabilities, id) {
			continue
		}
		missing := Errorf(codes.FailedPrecondition, "CAPABILITY_REQUIRED",
			"The plugin %s needs a host with the capability %s.", s.plugin.Name, id).
			WithRemedy("Update the host, or use an older version of the plugin.")
		missing.Metadata = map[string]string{"capability": id}
		return nil, missing
	}
	var languages []string
	var policyCapable []*commonv1.Capability
	if s.plugin.Policies != nil {
		languages = s.plugin.Policies.Languages()
		policyCapable = policyCapabilities(s.plugin.Policies)
	}
	return &driverv1.HandshakeResponse{
		Plugin: &driverv1.PluginInfo{
			Peer:   &commonv1.Peer{Name: s.plugin.Name, Version: s.plugin.Version},
			Vendor: s.plugin.Vendor,
			Url:    s.plugin.URL,
		},
		Drivers:            s.drivers.descriptors,
		PolicyLanguages:    languages,
		PolicyCapabilities: policyCapable,
		Limits:             &driverv1.PluginLimits{MaxMessageBytes: maxMessageBytes},
	}, nil
}

func (s *service) ListImplicitBuilders(
	ctx context.Context, request *driverv1.ListImplicitBuildersRequest,
) (*driverv1.ListImplicitBuildersResponse, error) {
	driver, err := s.drivers.get(request.Driver)
	if err != nil {
		return nil, err
	}
	lister, ok := driver.(ImplicitLister)
	if !ok {
		return nil, capabilityMissing(request.Driver, "ListImplicitBuilders", implicitBuilders)
	}
	page, err := readPage(request)
	if err != nil {
		return nil, err
	}
	all, err := lister.ImplicitBuilders(ctx, request.Environment)
	if err != nil {
		return nil, err
	}
	builders, next := pageOf(page, all.Builders, func(one *ImplicitBuilder) string { return one.GetConfig().GetBuilder() })
	return &driverv1.ListImplicitBuildersResponse{
		Builders: builders, Diagnostics: all.Diagnostics, NextPageToken: next,
	}, nil
}

func (s *service) Validate(
	ctx context.Context, request *driverv1.ValidateRequest,
) (*driverv1.ValidateResponse, error) {
	driver, err := s.drivers.get(request.Driver)
	if err != nil {
		return nil, err
	}
	if request.Config == nil {
		return nil, configMissing()
	}
	config, found := Validate(ctx, driver, request.Config, request.Environment)
	response := &driverv1.ValidateResponse{Diagnostics: found}
	if config != nil {
		response.Config = config.NodeConfig
	}
	return response, nil
}

func (s *service) Bootstrap(
	request *driverv1.BootstrapRequest, stream grpc.ServerStreamingServer[driverv1.BootstrapResponse],
) error {
	ctx := stream.Context()
	driver, config, err := s.drivers.node(ctx, request.Driver, request.Config)
	if err != nil {
		return err
	}
	unlock, err := s.nodes.lock(ctx, request.Driver, config)
	if err != nil {
		return err
	}
	defer unlock()
	boot := &Boot{Credentials: request.Credentials}
	boot.report = func(progress *commonv1.Progress) {
		// It fails only when the call is over, and then its context has ended too.
		stream.Send(&driverv1.BootstrapResponse{Event: &driverv1.BootstrapResponse_Progress{Progress: progress}})
	}
	if err := boot.run(func() error { return driver.Bootstrap(ctx, config, boot) }); err != nil {
		return err
	}
	status, err := driver.Inspect(ctx, config)
	if err != nil {
		return err
	}
	return stream.Send(&driverv1.BootstrapResponse{Event: &driverv1.BootstrapResponse_Status{Status: status}})
}

func (s *service) Inspect(
	ctx context.Context, request *driverv1.InspectRequest,
) (*driverv1.InspectResponse, error) {
	driver, config, err := s.drivers.node(ctx, request.Driver, request.Config)
	if err != nil {
		return nil, err
	}
	status, err := inspect(ctx, driver, config)
	return &driverv1.InspectResponse{Status: status}, err
}

// inspect returns the state of the node. A typed error is the state Unreachable, unless the call is over.
func inspect(ctx context.Context, driver AnyDriver, config *Config) (*NodeStatus, error) {
	status, err := driver.Inspect(ctx, config)
	var typed *Error
	if errors.As(err, &typed) && ctx.Err() == nil {
		return &NodeStatus{
			State: Unreachable, Reason: typed.Reason, Message: typed.Message, Remedy: typed.Remedy,
		}, nil
	}
	return status, err
}

func (s *service) Stop(ctx context.Context, request *driverv1.StopRequest) (*driverv1.StopResponse, error) {
	driver, err := s.drivers.get(request.Driver)
	if err != nil {
		return nil, err
	}
	stopper, ok := driver.(Stopper)
	if !ok {
		return nil, capabilityMissing(request.Driver, "Stop", stopBuilders)
	}
	_, config, err := s.drivers.node(ctx, request.Driver, request.Config)
	if err != nil {
		return nil, err
	}
	unlock, err := s.nodes.lock(ctx, request.Driver, config)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := stopper.Stop(ctx, config, request.Force); err != nil {
		return nil, err
	}
	status, err := inspect(ctx, driver, config)
	return &driverv1.StopResponse{Status: status}, err
}

func (s *service) Remove(ctx context.Context, request *driverv1.RemoveRequest) (*driverv1.RemoveResponse, error) {
	driver, config, err := s.drivers.node(ctx, request.Driver, request.Config)
	if err != nil {
		return nil, err
	}
	unlock, err := s.nodes.lock(ctx, request.Driver, config)
	if err != nil {
		return nil, err
	}
	defer unlock()
	options := RemoveOptions{Force: request.Force, KeepState: request.KeepState, KeepDaemon: request.KeepDaemon}
	removal, err := driver.Remove(ctx, config, options)
	return &driverv1.RemoveResponse{Removed: slices.Clone(removal.Removed), Kept: slices.Clone(removal.Kept)}, err
}
