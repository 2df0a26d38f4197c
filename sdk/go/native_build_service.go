package driver

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	nativebuildv1 "slipway.dev/driver/gen/slipway/nativebuild/v1"
)

// nativeBuilds is NativeBuildService of a plugin's drivers.
type nativeBuilds struct {
	nativebuildv1.UnimplementedNativeBuildServiceServer
	drivers *drivers
}

// find returns the driver of a call, and the node's configuration in normal form.
func (s nativeBuilds) find(
	ctx context.Context, name string, given *NodeConfig, spec *BuildSpec, call string,
) (NativeDriver, *Config, error) {
	if _, err := s.drivers.get(name); err != nil {
		return nil, nil, err
	}
	driver := s.drivers.native[name]
	if driver == nil {
		return nil, nil, capabilityMissing(name, call, nativeBuild)
	}
	_, config, err := s.drivers.node(ctx, name, given)
	if err == nil && spec == nil {
		err = invalidRequest("spec", "SPEC_MISSING", "The build specification is missing.")
	}
	return driver, config, err
}

func (s nativeBuilds) CheckBuild(
	ctx context.Context, request *nativebuildv1.CheckBuildRequest,
) (*nativebuildv1.CheckBuildResponse, error) {
	driver, config, err := s.find(ctx, request.Driver, request.Config, request.Spec, "CheckBuild")
	if err != nil {
		return nil, err
	}
	check := &BuildCheck{Spec: request.Spec}
	driver.CheckBuild(ctx, config, check)
	return &nativebuildv1.CheckBuildResponse{Diagnostics: check.found}, nil
}

func (s nativeBuilds) Build(
	stream grpc.BidiStreamingServer[nativebuildv1.BuildRequest, nativebuildv1.BuildResponse],
) error {
	ctx := stream.Context()
	requests := receive(ctx, stream.Recv)
	first, err := requests.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	start := first.GetStart()
	if start == nil {
		return buildIncomplete("start", "The first message of a build must say what to build.")
	}
	driver, config, err := s.find(ctx, start.Driver, start.Config, start.Spec, "Build")
	if err != nil {
		return err
	}
	send := serially(stream.Send)
	result, err := driver.Build(ctx, config, &Build{
		ID: start.Id, Spec: start.Spec, contexts: newBuildContexts(requests, start.Spec), send: send,
	})
	last := &nativebuildv1.BuildResponse{Message: &nativebuildv1.BuildResponse_Result{Result: result}}
	var failed BuildFailed
	if errors.As(err, &failed) {
		last.Message = &nativebuildv1.BuildResponse_Error{Error: failed.BuildError}
	} else if err != nil {
		return err
	}
	if err := send(last); err != nil {
		return err
	}
	requests.drain()
	return nil
}
