package driver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ownPrefix is the prefix of the methods of Slipway's services, as opposed to those of go-plugin.
const ownPrefix = "/slipway."

// calls are the running calls. Their contexts end when the plugin shuts down.
type calls struct {
	stopping context.Context
	stop     context.CancelFunc
	mutex    sync.Mutex
	running  int
	idle     chan struct{}
}

func newCalls() *calls {
	stopping, stop := context.WithCancel(context.Background())
	return &calls{stopping: stopping, stop: stop, idle: make(chan struct{}, 1)}
}

// unary and stream wrap all handlers: every error becomes a typed one, and a panic ends only its call.
func (c *calls) unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (response any, err error) {
	err = c.run(ctx, info.FullMethod, func(ctx context.Context) error {
		response, err = handle(ctx, request)
		return err
	})
	return response, err
}

func (c *calls) stream(
	service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler,
) error {
	return c.run(stream.Context(), info.FullMethod, func(ctx context.Context) error {
		return handle(service, boundStream{stream, ctx})
	})
}

// boundStream is a stream with another context.
type boundStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s boundStream) Context() context.Context { return s.ctx }

func (c *calls) run(ctx context.Context, method string, handle func(context.Context) error) (err error) {
	if !strings.HasPrefix(method, ownPrefix) {
		return handle(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.stopping, cancel)()
	c.count(1)
	defer c.count(-1)
	defer func() {
		if cause := recover(); cause != nil {
			err = fault(method, cause)
		} else if err != nil {
			err = explain(ctx, method, err)
		}
	}()
	return handle(ctx)
}

func (c *calls) count(change int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.running += change
	if c.running == 0 {
		select {
		case c.idle <- struct{}{}:
		default:
		}
	}
}

// waitIdle waits until no call is running, for a limited time.
func (c *calls) waitIdle(limit time.Duration) {
	timeout := time.After(limit)
	for {
		c.mutex.Lock()
		running := c.running
		c.mutex.Unlock()
		if running == 0 {
			return
		}
		select {
		case <-c.idle:
		case <-timeout:
			return
		}
	}
}

// explain returns the error of a call that failed, was cancelled or timed out.
func explain(ctx context.Context, method string, err error) error {
	var typed *Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Errorf(codes.DeadlineExceeded, "DEADLINE_EXCEEDED", "The call timed out.")
	case ctx.Err() != nil:
		return Errorf(codes.Canceled, "CANCELED", "The call was cancelled.")
	case errors.As(err, &typed):
		return typed
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	slog.Error(path.Base(method)+" failed", "error", err)
	return Errorf(codes.Internal, "DRIVER_FAULT", "%w", err)
}

// fault is the error of a call whose handler panicked. The stack is in the log, under the incident's number.
func fault(method string, cause any) error {
	number := make([]byte, 4)
	rand.Read(number)
	incident := hex.EncodeToString(number)
	slog.Error(path.Base(method)+" panicked",
		"incident", incident, "error", fmt.Sprint(cause), "stack", string(debug.Stack()))
	failure := Errorf(codes.Internal, "DRIVER_FAULT", "The driver failed unexpectedly (incident %s).", incident).
		WithRemedy("Look for incident %s in the host's log, and report it to the driver's author.", incident)
	failure.Metadata = map[string]string{"incident": incident}
	return failure
}
