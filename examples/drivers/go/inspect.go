package main

import (
	"context"
	"fmt"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// inspect looks at the node as it is.
func (f folder) inspect(ctx context.Context, config *driverv1.NodeConfig) *driverv1.NodeStatus {
	running := f.find()
	if running == nil {
		return f.inspectAbsent(config)
	}
	backend := fmt.Sprintf("buildkitd, process %d", running.pid)
	err := f.greets(ctx)
	if err == nil {
		return &driverv1.NodeStatus{State: driverv1.NodeState_NODE_STATE_RUNNING, Backend: backend}
	}
	if f.busy() {
		return &driverv1.NodeStatus{
			State:      driverv1.NodeState_NODE_STATE_STARTING,
			Reason:     fmt.Sprintf("its process %d does not answer yet", running.pid),
			ReasonCode: "DAEMON_STARTING",
			Backend:    backend,
		}
	}
	return &driverv1.NodeStatus{
		State:      driverv1.NodeState_NODE_STATE_UNREACHABLE,
		Reason:     fmt.Sprintf("its process %d does not answer: %v", running.pid, err),
		ReasonCode: "BUILDKITD_UNREACHABLE",
		Remedy:     "Stop the builder; it is started again when it is used. Its log is " + f.log() + ".",
		Backend:    backend,
	}
}

func (f folder) inspectAbsent(config *driverv1.NodeConfig) *driverv1.NodeStatus {
	if !exists(f.etc()) {
		reason := "it was not created yet"
		root := f.root(config)
		kept := f.ownsRoot(root)
		if kept {
			reason = "only its cache is there, in " + root
		}
		return &driverv1.NodeStatus{
			State:      driverv1.NodeState_NODE_STATE_ABSENT,
			Reason:     reason,
			ReasonCode: "NODE_ABSENT",
			StateKept:  kept,
			Remedy:     "It is created when it is used.",
		}
	}
	reason := "its daemon does not run"
	if lines := f.lastLines(1); lines != "" {
		reason += "; the last line of its log: " + lines
	}
	return &driverv1.NodeStatus{
		State:      driverv1.NodeState_NODE_STATE_STOPPED,
		Reason:     reason,
		ReasonCode: "DAEMON_STOPPED",
		Remedy:     "It is started when it is used.",
	}
}
