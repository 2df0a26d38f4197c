package driver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	// maxMessageBytes is the largest message that the plugin accepts.
	maxMessageBytes = 64 << 20
	// graceTimeout is how long running calls may continue after a shutdown is requested.
	graceTimeout = time.Second
	// abortTimeout is how long they may take after their contexts end. The host kills the plugin after 2 s.
	abortTimeout = 500 * time.Millisecond
	// parentInterval is how often the parent process is checked.
	parentInterval = 2 * time.Second

	shutdownCall = "/plugin.GRPCController/Shutdown"
)

// process has the server, and ends the plugin.
type process struct {
	calls  *calls
	leases *leases
	// ownFolder is the folder for sockets if the process made it.
	ownFolder string
	mutex     sync.Mutex
	server    *grpc.Server
	ending    sync.Once
}

// newProcess returns a process with a folder for sockets, empty when the host is on another machine. Own is the folder if
// the process made it, and otherwise empty.
func newProcess(folder, own string) *process {
	return &process{calls: newCalls(), leases: newLeases(folder), ownFolder: own}
}

// cleanUp deletes what the process created.
func (p *process) cleanUp() {
	p.leases.close()
	if p.ownFolder != "" {
		os.RemoveAll(p.ownFolder)
	}
}

func (p *process) newServer(options []grpc.ServerOption) *grpc.Server {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.server = grpc.NewServer(append(options,
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.ChainUnaryInterceptor(p.shutdown, p.calls.unary),
		grpc.ChainStreamInterceptor(p.calls.stream),
	)...)
	return p.server
}

// newOwnServer creates a server without go-plugin, which serves only a host that started the process.
func (p *process) newOwnServer(service *service, options ...grpc.ServerOption) *grpc.Server {
	server := p.newServer(options)
	service.register(server)
	healthy := health.NewServer()
	healthy.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, healthy)
	return server
}

func (p *process) served() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.server != nil
}

// shutdown replaces go-plugin's Shutdown, which ends running calls at once.
func (p *process) shutdown(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	if info.FullMethod != shutdownCall {
		return handle(ctx, request)
	}
	go p.end("Shutdown")
	return &emptypb.Empty{}, nil
}

// end finishes running calls for a limited time and stops the server, with which Serve ends.
func (p *process) end(why string) {
	p.ending.Do(func() {
		slog.Debug("Shutting down: " + why)
		p.leases.close()
		p.calls.waitIdle(graceTimeout)
		p.calls.stop()
		p.calls.waitIdle(abortTimeout)
		if !p.served() {
			p.cleanUp()
			os.Exit(0) // Ended before it was ready.
		}
		p.server.Stop()
	})
}

// serveUntilEnded serves until the process ends. A signal may come before the server begins.
func serveUntilEnded(server *grpc.Server, listener net.Listener) error {
	if err := server.Serve(listener); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// endOn ends the process on signals.
func (p *process) endOn(signals ...os.Signal) {
	received := make(chan os.Signal, 1)
	signal.Notify(received, signals...)
	go func() { p.end((<-received).String()) }()
}

// endWithHost ends the process when the host has died, which go-plugin does not do.
func (p *process) endWithHost() {
	// A host in Go passes its own standard input on, which may be closed.
	if os.Getenv("SLIPWAY_PLUGIN_HELD_STDIN") == "true" {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			p.end("the host died: standard input ended")
		}()
	}
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentInterval)
		}
		p.end("the host died: its process is gone")
	}()
}
