package driver

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// proxy forwards one TCP connection. After stall, the bytes of both sides go nowhere, and nobody learns of it.
func proxy(t *testing.T, target string) (address string, stall func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var stalled atomic.Bool
	forward := func(to io.Writer, from io.Reader) {
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			if !stalled.Load() {
				to.Write(buffer[:n])
			}
		}
	}
	go func() {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", target)
		if err != nil {
			near.Close()
			return
		}
		t.Cleanup(func() { near.Close(); far.Close() })
		go forward(far, near)
		forward(near, far)
	}()
	return listener.Addr().String(), func() { stalled.Store(true) }
}

func TestAHostThatNoLongerAnswers(t *testing.T) {
	released := make(chan struct{})
	one := fake{acquire: func(_ context.Context, lease *Lease) error {
		defer close(released)
		return lease.Hold(Unix(echo(t)))
	}}
	plugin := Plugin{Drivers: []Driver{one}}
	drivers, err := newDrivers(plugin.Drivers, nil)
	if err != nil {
		t.Fatal(err)
	}
	process := newProcess("", "")
	service := &service{plugin: plugin, drivers: drivers, leases: process.leases}
	server := process.newOwnServer(service, keepalives(time.Second, 5*time.Second)...)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	address, stall := proxy(t, listener.Addr().String())
	host, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	stream, _ := acquire(t, driverv1.NewDriverServiceClient(host), leaseID)
	next(t, stream)
	stall()
	select {
	case <-released:
	case <-time.After(time.Minute):
		t.Fatal("the lease still exists")
	}
}
