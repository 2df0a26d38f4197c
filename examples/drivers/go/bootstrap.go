package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// usedTimeout is how long connections that are ending may take.
const usedTimeout = 5 * time.Second

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
	if node.find() != nil && len(node.changedFields(config)) == 0 {
		err = steps.waitForGreeting(ctx, node, config, nil)
	} else {
		err = s.start(ctx, steps, node, config)
	}
	if err != nil {
		return interrupted(ctx, err)
	}
	status := node.inspect(ctx, config)
	return stream.Send(&driverv1.BootstrapResponse{Event: &driverv1.BootstrapResponse_Status{Status: status}})
}

// start starts the daemon, in place of one with former settings. What can be found wrong is found before that ends.
func (s *service) start(ctx context.Context, steps *steps, node folder, config *driverv1.NodeConfig) error {
	args, err := node.commandLine(config)
	if err != nil {
		return err
	}
	if err := node.checkRootStays(config); err != nil {
		return err
	}
	if err := node.claimRoot(node.root(config)); err != nil {
		return err
	}
	if err := steps.endFormer(ctx, node, config); err != nil {
		return err
	}
	if err := node.writeConfig(config); err != nil {
		return err
	}
	if err := node.noteSettings(config); err != nil {
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

// steps reports what is being done.
type steps struct {
	stream driverv1.DriverService_BootstrapServer
}

// endFormer ends a daemon with former settings, unless somebody builds with it. The calling host's own builds have ended.
func (s *steps) endFormer(ctx context.Context, node folder, config *driverv1.NodeConfig) error {
	if node.find() == nil {
		return nil
	}
	changed := strings.Join(node.changedFields(config), ", ")
	step := &driverv1.Progress{Id: "former", Name: "[internal] stopping buildkitd for changed settings: " + changed}
	if err := s.report(step); err != nil {
		return err
	}
	for until := time.Now().Add(usedTimeout); node.isUsed(); {
		if time.Now().After(until) {
			return driverError(codes.FailedPrecondition, "CONFIG_CHANGED",
				fmt.Sprintf("the daemon of the node %s has other settings (%s) and is in use", config.Node, changed),
				"Wait until nobody builds with it, or stop it with `slipway stop`.")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	node.stop(patience(config, false))
	step.Done = true
	return s.report(step)
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
				"Look at what it says; the whole is in "+node.log()+"."+rootlessRemedy(config))
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
