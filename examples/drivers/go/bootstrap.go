package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// Bootstrap makes the node run. What a failed or cancelled call has started is ended again.
func (s *service) Bootstrap(request *driverv1.BootstrapRequest, stream driverv1.DriverService_BootstrapServer) error {
	ctx := stream.Context()
	node, config, err := s.node(request.Driver, request.Config)
	if err != nil {
		return err
	}
	unlock, err := node.lock(ctx)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer unlock()
	steps := &steps{stream}
	if running := node.find(); running != nil {
		err = node.checkUnchanged(running, config)
		if err == nil {
			err = steps.waitForGreeting(ctx, node, config, nil)
		}
	} else {
		err = s.start(ctx, steps, node, config)
	}
	if err != nil {
		return interrupted(ctx, err)
	}
	status := node.inspect(ctx, config)
	return stream.Send(&driverv1.BootstrapResponse{Event: &driverv1.BootstrapResponse_Status{Status: status}})
}

func (s *service) start(ctx context.Context, steps *steps, node folder, config *driverv1.NodeConfig) error {
	args, err := node.commandLine(config)
	if err != nil {
		return err
	}
	if err := node.claimRoot(node.root(config)); err != nil {
		return err
	}
	if err := node.writeConfig(config); err != nil {
		return err
	}
	started, ended, err := node.start(args, config)
	if err != nil {
		return err
	}
	s.log.Info("started buildkitd", "node", config.Node, "pid", started.pid)
	if err := steps.waitForGreeting(ctx, node, config, ended); err != nil {
		node.stop(time.Second)
		return err
	}
	return nil
}

// checkUnchanged fails when the daemon runs with another configuration: to change it, it must be stopped, with all its
// builds, which is for the user to say.
func (f folder) checkUnchanged(running *daemon, config *driverv1.NodeConfig) error {
	wanted, err := f.commandLine(config)
	if err != nil {
		return err
	}
	if slices.Equal(running.args, wanted) && f.hasConfig(config) {
		return nil
	}
	return driverError(codes.FailedPrecondition, "CONFIG_CHANGED",
		fmt.Sprintf("the daemon of the node %s runs with another configuration", config.Node),
		"Stop the builder; it is started with the new one when it is used.")
}

// steps reports what is being done.
type steps struct {
	stream driverv1.DriverService_BootstrapServer
}

func (s *steps) report(step *driverv1.Progress) error {
	return s.stream.Send(&driverv1.BootstrapResponse{Event: &driverv1.BootstrapResponse_Progress{Progress: step}})
}

// waitForGreeting waits until BuildKit answers. ended tells that the daemon is no more; nil if it was there before.
func (s *steps) waitForGreeting(ctx context.Context, node folder, config *driverv1.NodeConfig, ended <-chan error) error {
	const id, name = "start", "[internal] starting buildkitd"
	limit, _ := time.ParseDuration(config.Options["start-timeout"])
	timeout := time.After(limit)
	lastWord := time.Now()
	if err := s.report(&driverv1.Progress{Id: id, Name: name}); err != nil {
		return err
	}
	var failure error
	for failure == nil {
		if node.greets(ctx) == nil {
			return s.report(&driverv1.Progress{Id: id, Name: name, Done: true})
		}
		if time.Since(lastWord) > 2*time.Second {
			lastWord = time.Now()
			if err := s.report(&driverv1.Progress{Id: id, Name: name}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case how := <-ended:
			failure = driverError(codes.FailedPrecondition, "BUILDKITD_FAILED",
				fmt.Sprintf("buildkitd did not start: %v; its last lines:\n%s", how, node.lastLines(5)),
				"Look at what it says; the whole is in "+node.log()+".")
		case <-timeout:
			failure = driverError(codes.DeadlineExceeded, "BUILDKITD_SLOW",
				fmt.Sprintf("buildkitd did not answer within %s; its last lines:\n%s", limit, node.lastLines(5)),
				"Look at what it says, or give it more time with the option start-timeout.")
		case <-time.After(50 * time.Millisecond):
		}
	}
	s.report(&driverv1.Progress{Id: id, Name: name, Done: true, Error: failure.Error()})
	return failure
}
