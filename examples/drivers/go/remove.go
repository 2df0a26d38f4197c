package main

import (
	"context"

	driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"
)

// Remove deletes what Bootstrap created, also partially, and returns what it removed or kept.
func (s *service) Remove(ctx context.Context, request *driverv1.RemoveRequest) (*driverv1.RemoveResponse, error) {
	node, config, err := s.node(request.Driver, request.Config)
	if err != nil {
		return nil, err
	}
	unlock, err := node.lock(ctx)
	if err != nil {
		return nil, callError(ctx, err)
	}
	defer unlock()
	response := &driverv1.RemoveResponse{}
	if request.KeepDaemon && node.find() != nil {
		response.Removed = append(response.Removed, "kept the daemon on "+node.socket())
		return response, nil
	}
	node.stop(stopTimeout(config, request.Force))
	for _, root := range node.roots(config) {
		if request.KeepState {
			response.Removed = append(response.Removed, "kept the cache in "+root)
			continue
		}
		if err := node.removeRoot(root); err != nil {
			return nil, internalError(err)
		}
		response.Removed = append(response.Removed, root)
	}
	for _, path := range node.createdPaths() {
		existed := exists(path)
		if err := removeAll(path); err != nil {
			return nil, internalError(err)
		}
		if existed {
			response.Removed = append(response.Removed, path)
		}
	}
	return response, nil
}
