package driver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	commonv1 "slipway.dev/client/gen/slipway/common/v1"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

var uuids = regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

const nilUUID = "00000000-0000-0000-0000-000000000000"

// errStopping ends the leases of a plugin that shuts down.
var errStopping = &Error{
	Code: codes.Unavailable, Reason: "PLUGIN_STOPPING", Message: "The plugin is shutting down.",
}

// leases are the leases of a plugin.
type leases struct {
	// folder is for sockets; empty when the host is on another machine.
	folder  string
	mutex   sync.Mutex
	held    map[string]*Lease
	drivers map[string]string
	sockets atomic.Int64
}

func newLeases(folder string) *leases {
	return &leases{folder: folder, held: map[string]*Lease{}, drivers: map[string]string{}}
}

// socketPath is where a new socket is made; empty when the host is on another machine.
func (l *leases) socketPath(kind string) string {
	if l.folder == "" {
		return ""
	}
	return filepath.Join(l.folder, fmt.Sprintf("%s%d", kind, l.sockets.Add(1)))
}

// add makes a lease that ends with the context.
func (l *leases) add(
	ctx context.Context, request *driverv1.AcquireRequest, stream func(*driverv1.AcquireResponse) error,
) (*Lease, error) {
	id := request.Context.GetLeaseId()
	if !uuids.MatchString(id) || id == nilUUID {
		return nil, invalidRequest("context.lease_id", "LEASE_ID_INVALID", "The id of the lease is not a UUID.")
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.held[id] != nil {
		return nil, Errorf(codes.AlreadyExists, "LEASE_EXISTS", "A lease with the id %s exists.", id).
			WithRemedy("Make a new UUID for each lease.")
	}
	ctx, end := context.WithCancelCause(ctx)
	lease := &Lease{
		Context: request.Context, Credentials: request.Credentials,
		ctx: ctx, end: end, stream: stream, relay: newRelay(ctx, l.socketPath("lease"), unreachable),
	}
	lease.report = func(progress *commonv1.Progress) {
		lease.send(&driverv1.AcquireResponse{Event: &driverv1.AcquireResponse_Progress{Progress: progress}})
	}
	l.held[id], l.drivers[id] = lease, request.Driver
	// At once: the driver may need some time for the release.
	context.AfterFunc(ctx, func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		delete(l.held, id)
		delete(l.drivers, id)
	})
	return lease, nil
}

// find returns a lease of a driver.
func (l *leases) find(start *driverv1.TunnelStart) (*Lease, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	lease := l.held[start.LeaseId]
	if lease == nil || lease.ctx.Err() != nil || l.drivers[start.LeaseId] != start.Driver {
		return nil, Errorf(codes.NotFound, "LEASE_UNKNOWN",
			"The driver %s has no lease %q, or it has ended.", start.Driver, start.LeaseId)
	}
	return lease, nil
}

// close ends all leases, because the plugin ends.
func (l *leases) close() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, lease := range l.held {
		lease.end(errStopping)
	}
}

// buildsAlone is UNIMPLEMENTED for a lease of a driver without BuildKit.
func buildsAlone(driver string) *Error {
	alone := Errorf(codes.Unimplemented, "CAPABILITY_MISSING",
		"The driver %s builds without BuildKit, so there is nothing to lease.", driver)
	alone.Metadata = map[string]string{"capability": nativeBuild}
	return alone
}

func (s *service) Acquire(
	request *driverv1.AcquireRequest, stream grpc.ServerStreamingServer[driverv1.AcquireResponse],
) error {
	found, config, err := s.drivers.node(stream.Context(), request.Driver, request.Config)
	if err != nil {
		return err
	}
	driver, ok := found.(Driver)
	if !ok || s.drivers.native[request.Driver] != nil {
		return buildsAlone(request.Driver)
	}
	lease, err := s.leases.add(stream.Context(), request, stream.Send)
	if err != nil {
		return err
	}
	defer lease.relay.wait()
	defer lease.end(nil)
	err = lease.run(func() error { return driver.Acquire(lease.ctx, config, lease) })
	ended := lease.ctx.Err()
	if ended == nil && err == nil {
		return Errorf(codes.Internal, "DRIVER_FAULT", "The driver ended the lease without a reason.")
	}
	if ended == nil {
		return err
	}
	if err != nil && !errors.Is(err, ended) {
		slog.Warn("Releasing a lease failed", "lease", lease.Context.LeaseId, "error", err)
	}
	return context.Cause(lease.ctx)
}
