package main

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"slipway.dev/driver"
)

// processes is the driver. It has no state: each call reads the disk and the process list, so a restarted plugin finds
// the daemons of an earlier one.
type processes struct {
	// state is the folder of the nodes.
	state string
}

// Descriptor describes the driver to the host.
func (processes) Descriptor() *driver.Descriptor { return descriptor }

// Inspect returns the state of the node.
func (p processes) Inspect(ctx context.Context, config *driver.Config) (*driver.NodeStatus, error) {
	return p.folderOf(config).inspect(ctx, config), nil
}

// Stop ends the daemon.
func (p processes) Stop(ctx context.Context, config *driver.Config, force bool) error {
	node := p.folderOf(config)
	unlock, err := node.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	node.stop(stopTimeout(config, force))
	return nil
}

// Remove deletes what Bootstrap created, also partially, and returns what it removed and what it kept.
func (p processes) Remove(
	ctx context.Context, config *driver.Config, options driver.RemoveOptions,
) (removal driver.Removal, err error) {
	node := p.folderOf(config)
	unlock, err := node.lock(ctx)
	if err != nil {
		return removal, err
	}
	defer unlock()
	if options.KeepDaemon && node.find() != nil {
		return driver.Removal{Kept: []string{node.socket()}}, nil
	}
	node.stop(stopTimeout(config, options.Force))
	for _, root := range node.roots(config) {
		if options.KeepState {
			removal.Kept = append(removal.Kept, root)
			continue
		}
		if err := node.removeRoot(root); err != nil {
			return removal, err
		}
		removal.Removed = append(removal.Removed, root)
	}
	for _, path := range node.createdPaths() {
		existed := exists(path)
		if err := removeAll(path); err != nil {
			return removal, err
		}
		if existed {
			removal.Removed = append(removal.Removed, path)
		}
	}
	return removal, nil
}

// Acquire leases the daemon's socket, to which the host connects itself.
func (p processes) Acquire(ctx context.Context, config *driver.Config, lease *driver.Lease) error {
	node := p.folderOf(config)
	endpoint := driver.Unix(node.socket())
	if err := endpoint.Probe(ctx); err != nil {
		unreachable := driver.Errorf(codes.Unavailable, "PROCESS_BUILDKITD_UNREACHABLE",
			"The BuildKit of the node %s cannot be reached: %w.", config.Node, err)
		if status := node.inspect(ctx, config); status.Reason != "" {
			unreachable.Message += " " + status.Reason
			unreachable.Remedy = status.Remedy
		}
		return unreachable
	}
	return lease.Hold(endpoint)
}

// stopTimeout is how long running builds may continue.
func stopTimeout(config *driver.Config, force bool) time.Duration {
	if force {
		return time.Second
	}
	return config.Duration("stop-timeout")
}
