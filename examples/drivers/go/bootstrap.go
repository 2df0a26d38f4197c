package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// usedTimeout is how long closing connections may take.
const usedTimeout = 5 * time.Second

// Bootstrap starts the node. A failed or cancelled call stops what it started.
func (s *service) Bootstrap(request *driverv1.BootstrapRequest, stream driverv1.DriverService_BootstrapServer) error {
	ctx := stream.Context()
	node, config, err := s.node(request.Driver, request.Config)
	if err != nil {
		return err
	}
	unlock, err := node.lock(ctx)
	if err != nil {
		return callError(ctx, err)
	}
	defer unlock()
	steps := &steps{stream}
	if node.find() != nil && len(node.changedFields(config)) == 0 {
		err = steps.waitUntilReady(ctx, node, config, nil)
	} else {
		err = s.start(ctx, steps, node, config)
	}
	if err != nil {
		return callError(ctx, err)
	}
	status := node.inspect(ctx, config)
	return stream.Send(&driverv1.BootstrapResponse{Event: &driverv1.BootstrapResponse_Status{Status: status}})
}

// start starts the daemon, and replaces one with outdated settings. All checks come before the old daemon is stopped.
func (s *service) start(ctx context.Context, steps *steps, node folder, config *driverv1.NodeConfig) error {
	args, err := node.commandLine(config)
	if err != nil {
		return err
	}
	if err := node.checkRootUnchanged(config); err != nil {
		return err
	}
	if err := node.claimRoot(node.root(config)); err != nil {
		return err
	}
	if err := steps.stopOutdated(ctx, node, config); err != nil {
		return err
	}
	if err := node.writeConfig(config); err != nil {
		return err
	}
	if err := node.recordSettings(config); err != nil {
		return err
	}
	started, exited, err := node.start(args, config)
	if err != nil {
		return err
	}
	s.log.Info("Started buildkitd", "node", config.Node, "pid", started.pid)
	if err := steps.waitUntilReady(ctx, node, config, exited); err != nil {
		node.stop(time.Second)
		return err
	}
	return nil
}

// steps reports progress.
type steps struct {
	stream driverv1.DriverService_BootstrapServer
}

// stopOutdated stops a daemon with outdated settings, unless another host uses it. The calling host's builds have ended.
func (s *steps) stopOutdated(ctx context.Context, node folder, config *driverv1.NodeConfig) error {
	if node.find() == nil {
		return nil
	}
	changed := strings.Join(node.changedFields(config), ", ")
	step := &driverv1.Progress{Id: "outdated", Name: "[internal] stopping buildkitd for changed settings: " + changed}
	if err := s.report(step); err != nil {
		return err
	}
	for until := time.Now().Add(usedTimeout); node.inUse(); {
		if time.Now().After(until) {
			return driverError(codes.FailedPrecondition, "CONFIG_CHANGED",
				fmt.Sprintf("The daemon of the node %s has other settings (%s) and is in use.", config.Node, changed),
				"Wait until no build uses it, or stop the builder.")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	node.stop(stopTimeout(config, false))
	step.Done = true
	return s.report(step)
}

func (s *steps) report(step *driverv1.Progress) error {
	return s.stream.Send(&driverv1.BootstrapResponse{Event: &driverv1.BootstrapResponse_Progress{Progress: step}})
}

// waitUntilReady waits until BuildKit answers. The channel exited is nil if the daemon was already running.
func (s *steps) waitUntilReady(ctx context.Context, node folder, config *driverv1.NodeConfig, exited <-chan error) error {
	const id, name = "start", "[internal] starting buildkitd"
	limit, _ := time.ParseDuration(config.Options["start-timeout"])
	timeout := time.After(limit)
	lastReport := time.Now()
	if err := s.report(&driverv1.Progress{Id: id, Name: name}); err != nil {
		return err
	}
	var failure error
	for failure == nil {
		if node.probe(ctx) == nil {
			return s.report(&driverv1.Progress{Id: id, Name: name, Done: true})
		}
		if time.Since(lastReport) > 2*time.Second {
			lastReport = time.Now()
			if err := s.report(&driverv1.Progress{Id: id, Name: name}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case how := <-exited:
			failure = driverError(codes.FailedPrecondition, "BUILDKITD_FAILED",
				fmt.Sprintf("The daemon did not start: %v. Its last log lines:\n%s", how, node.lastLines(5)),
				"See its log, "+node.log()+"."+rootlessRemedy(config))
		case <-timeout:
			failure = driverError(codes.DeadlineExceeded, "BUILDKITD_SLOW",
				fmt.Sprintf("The daemon did not answer within %s. Its last log lines:\n%s", limit, node.lastLines(5)),
				"See its log, or raise the driver option start-timeout.")
		case <-time.After(50 * time.Millisecond):
		}
	}
	s.report(&driverv1.Progress{Id: id, Name: name, Done: true, Error: failure.Error()})
	return failure
}
