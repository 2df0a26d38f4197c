package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"slipway.dev/driver"
)

// usedTimeout is how long closing connections may take.
const usedTimeout = 5 * time.Second

// Bootstrap starts the node. A failed or cancelled call stops what it started.
func (p processes) Bootstrap(ctx context.Context, config *driver.Config, boot *driver.Boot) error {
	node := p.folderOf(config)
	unlock, err := node.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if node.find() != nil && len(node.changedFields(config)) == 0 {
		return node.waitUntilReady(ctx, boot, config, nil)
	}
	return node.boot(ctx, boot, config)
}

// boot starts the daemon, and replaces one with outdated settings. All checks come before the old daemon is stopped.
func (f folder) boot(ctx context.Context, boot *driver.Boot, config *driver.Config) error {
	args, err := f.commandLine(config)
	if err != nil {
		return err
	}
	if err := f.checkRootUnchanged(config); err != nil {
		return err
	}
	if err := f.claimRoot(f.root(config)); err != nil {
		return err
	}
	if err := f.stopOutdated(ctx, boot, config); err != nil {
		return err
	}
	if err := f.writeConfig(config); err != nil {
		return err
	}
	if err := f.recordSettings(config); err != nil {
		return err
	}
	started, exited, err := f.start(args, config)
	if err != nil {
		return err
	}
	slog.Info("Started buildkitd", "node", config.Node, "pid", started.pid)
	if err := f.waitUntilReady(ctx, boot, config, exited); err != nil {
		f.stop(time.Second)
		return err
	}
	return nil
}

// stopOutdated stops a daemon with outdated settings, unless another host uses it. The calling host's builds have ended.
func (f folder) stopOutdated(ctx context.Context, boot *driver.Boot, config *driver.Config) error {
	if f.find() == nil {
		return nil
	}
	changed := strings.Join(f.changedFields(config), ", ")
	step := boot.Step("outdated", "[internal] stopping buildkitd for changed settings: "+changed)
	for until := time.Now().Add(usedTimeout); f.inUse(); {
		if time.Now().After(until) {
			return driver.Errorf(codes.FailedPrecondition, "CONFIG_CHANGED",
				"The daemon of the node %s has other settings (%s) and is in use.", config.Node, changed).
				WithRemedy("Wait until no build uses it, or stop the builder.")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	f.stop(stopTimeout(config, false))
	step.End(nil)
	return nil
}

// waitUntilReady waits until BuildKit answers. The channel exited is nil if the daemon was already running.
func (f folder) waitUntilReady(
	ctx context.Context, boot *driver.Boot, config *driver.Config, exited <-chan error,
) error {
	boot.Step("start", "[internal] starting buildkitd")
	limit := config.Duration("start-timeout")
	timeout := time.After(limit)
	for driver.Unix(f.socket()).Probe(ctx) != nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case how := <-exited:
			return driver.Errorf(codes.FailedPrecondition, "PROCESS_BUILDKITD_FAILED",
				"The daemon did not start: %v. Its last log lines:\n%s", how, f.lastLines(5)).
				WithRemedy("See its log, %s.%s", f.log(), rootlessRemedy(config))
		case <-timeout:
			return driver.Errorf(codes.DeadlineExceeded, "PROCESS_BUILDKITD_SLOW",
				"The daemon did not answer within %s. Its last log lines:\n%s", limit, f.lastLines(5)).
				WithRemedy("See its log, or raise the driver option start-timeout.")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}
