package driver

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// claimTimeout is how long a stream that was opened as a probe waits for a connection.
const claimTimeout = 10 * time.Second

// relay leads the host to an endpoint: to its address, or by streams through this process and the unix socket that leads to
// them. They end with the context. With [Stream] the first one is opened when the endpoint is offered, to see whether the
// server can be reached; the next connection gets it.
type relay struct {
	ctx context.Context
	// path is where the socket is made; empty when the host is on another machine.
	path string
	// untyped converts an error of opening a stream that the driver did not type.
	untyped  func(error) *Error
	mutex    sync.Mutex
	endpoint Endpoint
	listener net.Listener
	probe    io.ReadWriteCloser
	// carrying are the connections of the socket.
	carrying sync.WaitGroup
}

func newRelay(ctx context.Context, path string, untyped func(error) *Error) *relay {
	made := &relay{ctx: ctx, path: path, untyped: untyped}
	context.AfterFunc(ctx, made.close)
	return made
}

// offer returns what the host is told of an endpoint.
func (r *relay) offer(ctx context.Context, endpoint Endpoint) (*driverv1.Endpoint, error) {
	r.mutex.Lock()
	r.endpoint = endpoint
	r.mutex.Unlock()
	direct := endpoint.direct
	if direct == nil || r.path == "" && direct.GetTcp() == nil {
		probe, err := endpoint.connect(ctx, r.untyped)
		if err != nil {
			return nil, err
		}
		if direct, err = r.serve(probe); err != nil {
			probe.Close()
			return nil, err
		}
	}
	return &driverv1.Endpoint{
		Address: direct.Address, ExpireTime: endpoint.expireTime, Reusable: endpoint.reusable,
	}, nil
}

// serve keeps an open stream for the next connection, and listens.
func (r *relay) serve(probe io.ReadWriteCloser) (*driverv1.Endpoint, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.ctx.Err() != nil {
		return nil, r.ctx.Err()
	}
	if r.path != "" && r.listener == nil {
		listener, err := listen(r.path)
		if err != nil {
			return nil, err
		}
		r.listener = listener
		go r.accept(listener)
	}
	if r.probe != nil {
		r.probe.Close()
	}
	r.probe = probe
	time.AfterFunc(claimTimeout, func() {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		if r.probe == probe {
			r.probe = nil
			probe.Close()
		}
	})
	if r.path == "" {
		tunnel := &driverv1.Endpoint_Tunnel{Tunnel: &driverv1.TunnelEndpoint{}}
		return &driverv1.Endpoint{Address: tunnel}, nil
	}
	return Unix(r.path).direct, nil
}

// connect opens a stream.
func (r *relay) connect(ctx context.Context) (io.ReadWriteCloser, error) {
	r.mutex.Lock()
	probe, endpoint := r.probe, r.endpoint
	r.probe = nil
	r.mutex.Unlock()
	if probe != nil {
		return probe, nil
	}
	return endpoint.connect(ctx, r.untyped)
}

func (r *relay) close() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.listener != nil {
		r.listener.Close() // It deletes the socket.
	}
	if r.probe != nil {
		r.probe.Close()
		r.probe = nil
	}
}

// wait returns when the connections of the socket have ended, which they do with the context.
func (r *relay) wait() { r.carrying.Wait() }

func (r *relay) accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return // It was closed.
		}
		r.carrying.Go(func() { r.carry(connection) })
	}
}

func (r *relay) carry(connection net.Conn) {
	defer connection.Close()
	stream, err := r.connect(r.ctx)
	if err != nil {
		// A raw byte stream cannot carry an error. The host tries again and gets it then.
		if r.ctx.Err() == nil {
			slog.Warn("Cannot connect the host", "error", err)
		}
		return
	}
	defer stream.Close()
	defer context.AfterFunc(r.ctx, func() {
		connection.Close()
		stream.Close()
	})()
	splice(connection, stream)
}

func listen(path string) (net.Listener, error) {
	if len(path) > maxSocketPath() {
		return nil, Errorf(codes.FailedPrecondition, "SOCKET_PATH_TOO_LONG",
			"The socket path %s is longer than %d bytes.", path, maxSocketPath()).
			WithRemedy("Use a shorter folder for the host's runtime files.")
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// maxSocketPath is the longest path of a unix socket, in bytes.
func maxSocketPath() int {
	if runtime.GOOS == "darwin" {
		return 103
	}
	return 107
}
