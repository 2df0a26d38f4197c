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

// leaseStreams are the streams of one lease to its BuildKit, and the unix socket that leads to them. They end with the
// lease. With [Stream] the first one is opened when the endpoint is offered, to see whether BuildKit can be reached; the
// next connection gets it.
type leaseStreams struct {
	// ctx ends with the lease.
	ctx context.Context
	// path is where the socket is made; empty when the host is on another machine.
	path     string
	mutex    sync.Mutex
	endpoint Endpoint
	listener net.Listener
	probe    io.ReadWriteCloser
	// carrying are the connections of the socket.
	carrying sync.WaitGroup
}

func newLeaseStreams(ctx context.Context, path string) *leaseStreams {
	streams := &leaseStreams{ctx: ctx, path: path}
	context.AfterFunc(ctx, streams.close)
	return streams
}

// offer returns what the host is told of an endpoint.
func (s *leaseStreams) offer(ctx context.Context, endpoint Endpoint) (*driverv1.Endpoint, error) {
	s.mutex.Lock()
	s.endpoint = endpoint
	s.mutex.Unlock()
	direct := endpoint.direct
	if direct == nil || s.path == "" && direct.GetTcp() == nil {
		probe, err := endpoint.connect(ctx)
		if err != nil {
			return nil, err
		}
		if direct, err = s.serve(probe); err != nil {
			probe.Close()
			return nil, err
		}
	}
	return &driverv1.Endpoint{
		Address: direct.Address, ExpireTime: endpoint.expireTime, Reusable: endpoint.reusable,
	}, nil
}

// serve keeps an open stream for the next connection, and listens.
func (s *leaseStreams) serve(probe io.ReadWriteCloser) (*driverv1.Endpoint, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.ctx.Err() != nil {
		return nil, s.ctx.Err()
	}
	if s.path != "" && s.listener == nil {
		listener, err := listen(s.path)
		if err != nil {
			return nil, err
		}
		s.listener = listener
		go s.accept(listener)
	}
	if s.probe != nil {
		s.probe.Close()
	}
	s.probe = probe
	time.AfterFunc(claimTimeout, func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		if s.probe == probe {
			s.probe = nil
			probe.Close()
		}
	})
	if s.path == "" {
		tunnel := &driverv1.Endpoint_Tunnel{Tunnel: &driverv1.TunnelEndpoint{}}
		return &driverv1.Endpoint{Address: tunnel}, nil
	}
	return Unix(s.path).direct, nil
}

// connect opens a stream.
func (s *leaseStreams) connect(ctx context.Context) (io.ReadWriteCloser, error) {
	s.mutex.Lock()
	probe, endpoint := s.probe, s.endpoint
	s.probe = nil
	s.mutex.Unlock()
	if probe != nil {
		return probe, nil
	}
	return endpoint.connect(ctx)
}

func (s *leaseStreams) close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.listener != nil {
		s.listener.Close() // It deletes the socket.
	}
	if s.probe != nil {
		s.probe.Close()
		s.probe = nil
	}
}

// wait returns when the connections of the socket have ended, which they do with the lease.
func (s *leaseStreams) wait() { s.carrying.Wait() }

func (s *leaseStreams) accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return // It was closed.
		}
		s.carrying.Go(func() { s.carry(connection) })
	}
}

func (s *leaseStreams) carry(connection net.Conn) {
	defer connection.Close()
	stream, err := s.connect(s.ctx)
	if err != nil {
		// A raw byte stream cannot carry an error. The host acquires again and gets it then.
		if s.ctx.Err() == nil {
			slog.Warn("Cannot connect to BuildKit", "error", err)
		}
		return
	}
	defer stream.Close()
	defer context.AfterFunc(s.ctx, func() {
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
