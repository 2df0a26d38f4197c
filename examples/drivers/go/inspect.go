package main

import (
	"context"
	"fmt"

	"slipway.dev/driver"
)

// inspect returns the status of the node.
func (f folder) inspect(ctx context.Context, config *driver.Config) *driver.NodeStatus {
	running := f.find()
	if running == nil {
		return f.inspectAbsent(config)
	}
	status := &driver.NodeStatus{
		State:         driver.Running,
		Backend:       fmt.Sprintf("%s, process %d", running.title(), running.pid),
		ChangedFields: f.changedFields(config),
	}
	err := driver.Unix(f.socket()).Probe(ctx)
	switch {
	case err == nil:
	case f.locked():
		status.State = driver.Starting
		status.Message = fmt.Sprintf("The process %d does not answer yet.", running.pid)
		status.Reason = "PROCESS_DAEMON_STARTING"
	default:
		status.State = driver.Unreachable
		status.Message = fmt.Sprintf("The process %d does not answer: %v.", running.pid, err)
		status.Reason = "PROCESS_BUILDKITD_UNREACHABLE"
		status.Remedy = "Stop the builder; the next build starts it again. Its log is " + f.log() + "."
	}
	return status
}

func (f folder) inspectAbsent(config *driver.Config) *driver.NodeStatus {
	if !exists(f.etc()) {
		message := "The node was not created yet."
		root := f.root(config)
		kept := f.ownsRoot(root)
		if kept {
			message = "Only the node's cache exists, in " + root + "."
		}
		return &driver.NodeStatus{
			State:     driver.Absent,
			Reason:    "PROCESS_NODE_ABSENT",
			Message:   message,
			StateKept: kept,
			Remedy:    "The next build creates it.",
		}
	}
	message := "The daemon does not run."
	if lines := f.lastLines(1); lines != "" {
		message += " The last line of its log: " + lines
	}
	return &driver.NodeStatus{
		State:   driver.Stopped,
		Reason:  "PROCESS_DAEMON_STOPPED",
		Message: message,
		Remedy:  "The next build starts it.",

		ChangedFields: f.changedFields(config),
	}
}
