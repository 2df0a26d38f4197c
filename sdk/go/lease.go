package driver

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// Lease is a lease of a node's BuildKit, for [Driver.Acquire]. Its methods can be called concurrently.
type Lease struct {
	// Context says who wants the lease and what for.
	Context *LeaseContext
	// Credentials are logins for pulling images, by registry host: those of NodeStatus.ImageRegistries.
	Credentials map[string]*RegistryCredential
	steps

	relay *relay
	// ctx ends with the lease.
	ctx     context.Context
	end     context.CancelCauseFunc
	sending sync.Mutex
	stream  func(*driverv1.AcquireResponse) error
}

// Hold offers an endpoint and returns after the release: all that a driver does that creates nothing for a lease.
func (l *Lease) Hold(endpoint Endpoint) error {
	if err := l.Offer(endpoint); err != nil {
		return err
	}
	<-l.ctx.Done()
	return nil
}

// Offer gives the host an endpoint: the first one makes the lease usable, later ones renew it. With a [Stream] it opens
// one first, and fails as that does.
func (l *Lease) Offer(endpoint Endpoint) error {
	offered, err := l.relay.offer(l.ctx, endpoint)
	if err != nil {
		return err
	}
	return l.send(&driverv1.AcquireResponse{Event: &driverv1.AcquireResponse_Endpoint{Endpoint: offered}})
}

// Drain tells the host to start no new work on the lease, and the watchers of a build that runs on it why and until when.
// The lease ends at that time; the zero time means that the driver waits for the release. The reason is a stable name in UPPER_SNAKE_CASE, and the message a sentence.
func (l *Lease) Drain(reason, message string, end time.Time) error {
	draining := &driverv1.Draining{Reason: reason, Message: message}
	if !end.IsZero() {
		draining.EndTime = timestamppb.New(end)
	}
	return l.send(&driverv1.AcquireResponse{Event: &driverv1.AcquireResponse_Draining{Draining: draining}})
}

func (l *Lease) send(response *driverv1.AcquireResponse) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.ctx.Err() != nil {
		return l.ctx.Err()
	}
	return l.stream(response)
}
