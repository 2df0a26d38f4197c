package main

import (
	"context"
	"fmt"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// inspect returns the status of the node.
func (f folder) inspect(ctx context.Context, config *driverv1.NodeConfig) *driverv1.NodeStatus {
	running := f.find()
	if running == nil {
		return f.inspectAbsent(config)
	}
	status := &driverv1.NodeStatus{
		State:         driverv1.NodeState_NODE_STATE_RUNNING,
		Backend:       fmt.Sprintf("%s, process %d", running.title(), running.pid),
		ChangedFields: f.changedFields(config),
	}
	err := f.probe(ctx)
	switch {
	case err == nil:
	case f.locked():
		status.State = driverv1.NodeState_NODE_STATE_STARTING
		status.Reason = fmt.Sprintf("The process %d does not answer yet.", running.pid)
		status.ReasonCode = "DAEMON_STARTING"
	default:
		status.State = driverv1.NodeState_NODE_STATE_UNREACHABLE
		status.Reason = fmt.Sprintf("The process %d does not answer: %v.", running.pid, err)
		status.ReasonCode = "BUILDKITD_UNREACHABLE"
		status.Remedy = "Stop the builder; the next build starts it again. Its log is " + f.log() + "."
	}
	return status
}

func (f folder) inspectAbsent(config *driverv1.NodeConfig) *driverv1.NodeStatus {
	if !exists(f.etc()) {
		reason := "The node was not created yet."
		root := f.root(config)
		kept := f.ownsRoot(root)
		if kept {
			reason = "Only the node's cache exists, in " + root + "."
		}
		return &driverv1.NodeStatus{
			State:      driverv1.NodeState_NODE_STATE_ABSENT,
			Reason:     reason,
			ReasonCode: "NODE_ABSENT",
			StateKept:  kept,
			Remedy:     "The next build creates it.",
		}
	}
	reason := "The daemon does not run."
	if lines := f.lastLines(1); lines != "" {
		reason += " The last line of its log: " + lines
	}
	return &driverv1.NodeStatus{
		State:      driverv1.NodeState_NODE_STATE_STOPPED,
		Reason:     reason,
		ReasonCode: "DAEMON_STOPPED",
		Remedy:     "The next build starts it.",

		ChangedFields: f.changedFields(config),
	}
}
