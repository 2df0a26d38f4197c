package driver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

const leaseID = "5f0e4b1e-6d1c-4c43-9f0b-0a1c7f6a2f10"

// acquire calls Acquire; the returned function releases the lease.
func acquire(
	t *testing.T, plugin driverv1.DriverServiceClient, id string,
) (driverv1.DriverService_AcquireClient, context.CancelFunc) {
	t.Helper()
	ctx, release := context.WithCancel(context.Background())
	t.Cleanup(release)
	request := &driverv1.AcquireRequest{Driver: "fake", Config: node, Context: &driverv1.LeaseContext{LeaseId: id}}
	stream, err := plugin.Acquire(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	return stream, release
}

func holding(endpoint Endpoint) fake {
	return fake{acquire: func(_ context.Context, lease *Lease) error { return lease.Hold(endpoint) }}
}

// next is the next event of a lease.
func next(t *testing.T, stream driverv1.DriverService_AcquireClient) *driverv1.AcquireResponse {
	t.Helper()
	response, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out: %s", what)
		}
	}
}

func TestStreamOfALease(t *testing.T) {
	path := echo(t)
	var opened atomic.Int32
	plugin := client(t, holding(Stream(func(ctx context.Context) (io.ReadWriteCloser, error) {
		opened.Add(1)
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	})))
	stream, release := acquire(t, plugin, leaseID)
	socket := next(t, stream).GetEndpoint().GetUnix().GetPath()
	if mode, _ := os.Stat(socket); mode.Mode().Perm() != 0o600 {
		t.Errorf("the socket has the mode %v", mode.Mode())
	}
	sent := strings.Repeat("x", 1<<20)
	for range 2 {
		connection, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			io.WriteString(connection, sent)
			connection.(*net.UnixConn).CloseWrite()
		}()
		got, err := io.ReadAll(connection)
		if err != nil || string(got[9:]) != sent+"end" {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		connection.Close()
	}
	if opened.Load() != 2 { // The first connection got the stream that Acquire opened.
		t.Errorf("opened %d streams", opened.Load())
	}
	open, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	release()
	io.Copy(io.Discard, open) // It ends with the lease.
	eventually(t, "the socket is deleted", func() bool {
		_, err := os.Stat(socket)
		return errors.Is(err, os.ErrNotExist)
	})
}

func TestTunnelOfALease(t *testing.T) {
	plugin := client(t, holding(Unix(echo(t))))
	tunnel := func(start *driverv1.TunnelStart) ([]byte, error) {
		stream, err := plugin.Tunnel(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if start != nil {
			stream.Send(&driverv1.TunnelRequest{Part: &driverv1.TunnelRequest_Start{Start: start}})
		}
		stream.Send(&driverv1.TunnelRequest{Part: &driverv1.TunnelRequest_Data{Data: []byte("hello ")}})
		stream.CloseSend()
		var got bytes.Buffer
		for {
			response, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return got.Bytes(), nil
			}
			if err != nil {
				return nil, err
			}
			got.Write(response.Data)
		}
	}
	start := &driverv1.TunnelStart{Driver: "fake", LeaseId: leaseID}
	if _, err := tunnel(start); reasonOf(err) != "NotFound LEASE_UNKNOWN" {
		t.Errorf("got %v", err)
	}
	stream, release := acquire(t, plugin, leaseID)
	next(t, stream)
	if got, err := tunnel(start); err != nil || string(got[9:]) != "hello end" {
		t.Errorf("got %q, %v", got, err)
	}
	release()
	eventually(t, "the lease is unknown", func() bool {
		_, err := tunnel(start)
		return reasonOf(err) == "NotFound LEASE_UNKNOWN"
	})
	if _, err := tunnel(nil); reasonOf(err) != "InvalidArgument START_MISSING" {
		t.Errorf("got %v", err)
	}
}

func TestEventsOfALease(t *testing.T) {
	expires := time.Now().Add(time.Hour)
	released := make(chan struct{})
	plugin := client(t, fake{acquire: func(ctx context.Context, lease *Lease) error {
		defer close(released)
		lease.Step("pod", "creating a pod").End(nil)
		if err := lease.Offer(Unix("/run/first.sock").Until(expires).Reusable()); err != nil {
			return err
		}
		lease.Drain("POD_EVICTED", "The pod is evicted.", expires)
		<-ctx.Done()
		return nil
	}})
	stream, release := acquire(t, plugin, leaseID)
	if id := next(t, stream).GetProgress().GetId(); id != "pod" {
		t.Errorf("got the step %q", id)
	}
	next(t, stream) // Its end.
	offered := next(t, stream).GetEndpoint()
	if offered.GetUnix().GetPath() != "/run/first.sock" || !offered.ExpireTime.AsTime().Equal(expires) || !offered.Reusable {
		t.Errorf("got %v", offered)
	}
	if draining := next(t, stream).GetDraining(); draining.GetReason() != "POD_EVICTED" {
		t.Errorf("got %v", draining)
	}
	release()
	<-released
}

func TestLeaseIsRefused(t *testing.T) {
	gone := Unix(filepath.Join(t.TempDir(), "gone"))
	if err := gone.Probe(context.Background()); err == nil {
		t.Error("the probe succeeds")
	}
	if err := Unix(echo(t)).Probe(context.Background()); err != nil {
		t.Error(err)
	}
	plugin := client(t, holding(Stream(gone.open)))
	for id, want := range map[string]string{
		leaseID:                                "Unavailable BUILDKIT_UNREACHABLE",
		"":                                     "InvalidArgument LEASE_ID_INVALID",
		"a-lease":                              "InvalidArgument LEASE_ID_INVALID",
		"00000000-0000-0000-0000-000000000000": "InvalidArgument LEASE_ID_INVALID",
	} {
		stream, _ := acquire(t, plugin, id)
		if _, err := stream.Recv(); reasonOf(err) != want {
			t.Errorf("%q: got %v", id, err)
		}
	}
	plugin = client(t, holding(Unix("/run/buildkitd.sock")))
	held, release := acquire(t, plugin, leaseID)
	next(t, held)
	again, _ := acquire(t, plugin, leaseID)
	if _, err := again.Recv(); reasonOf(err) != "AlreadyExists LEASE_EXISTS" {
		t.Errorf("got %v", err)
	}
	release()
}

func TestLossOfALease(t *testing.T) {
	for want, end := range map[string]error{
		"Unavailable POD_EVICTED": Errorf(codes.Unavailable, "POD_EVICTED", "The pod was evicted."),
		"Internal DRIVER_FAULT":   nil,
	} {
		plugin := client(t, fake{acquire: func(_ context.Context, lease *Lease) error {
			lease.Offer(Unix("/run/buildkitd.sock"))
			return end
		}})
		stream, _ := acquire(t, plugin, leaseID)
		next(t, stream)
		if _, err := stream.Recv(); reasonOf(err) != want {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

func TestLeasesEndWithThePlugin(t *testing.T) {
	held := newLeases(t.TempDir())
	request := &driverv1.AcquireRequest{Driver: "fake", Context: &driverv1.LeaseContext{LeaseId: leaseID}}
	lease, err := held.add(context.Background(), request, func(*driverv1.AcquireResponse) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	held.close()
	if cause := context.Cause(lease.ctx); !errors.Is(cause, errStopping) {
		t.Errorf("got %v", cause)
	}
}

func TestCredentialsOfALease(t *testing.T) {
	given := map[string]*RegistryCredential{"registry.example": {Username: "puller", Secret: "p4ss"}}
	seen := make(chan map[string]*RegistryCredential, 1)
	plugin := client(t, fake{acquire: func(_ context.Context, lease *Lease) error {
		seen <- lease.Credentials
		return lease.Hold(Unix("/run/b.sock"))
	}})
	ctx, release := context.WithCancel(context.Background())
	defer release()
	stream, err := plugin.Acquire(ctx, &driverv1.AcquireRequest{
		Driver: "fake", Config: node, Context: &driverv1.LeaseContext{LeaseId: leaseID}, Credentials: given,
	})
	if err != nil {
		t.Fatal(err)
	}
	next(t, stream)
	if got := (<-seen)["registry.example"]; got.GetUsername() != "puller" || got.GetSecret() != "p4ss" {
		t.Errorf("got %v", got)
	}
}
