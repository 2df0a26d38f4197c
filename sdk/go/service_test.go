package driver

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// client serves a driver with all that Serve adds, and returns a client of it.
func client(t *testing.T, one Driver) driverv1.DriverServiceClient {
	t.Helper()
	_, connection := start(t, t.TempDir(), Plugin{Drivers: []Driver{one}})
	return driverv1.NewDriverServiceClient(connection)
}

// start serves a plugin, and returns a connection to it. The folder for sockets is empty when the host is far away.
func start(t *testing.T, folder string, plugin Plugin) (*process, *grpc.ClientConn) {
	t.Helper()
	drivers, err := newDrivers(plugin.Drivers, plugin.NativeDrivers)
	if err != nil {
		t.Fatal(err)
	}
	process := &process{calls: newCalls(), leases: newLeases(folder)}
	server := process.newServer(nil)
	(&service{plugin: plugin, drivers: drivers, leases: process.leases}).register(server)
	listener := bufconn.Listen(1 << 20)
	go server.Serve(listener)
	dial := func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
	connection, err := grpc.NewClient("passthrough:///plugin",
		grpc.WithContextDialer(dial), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		connection.Close()
		server.Stop()
		process.leases.close()
	})
	return process, connection
}

var node = &NodeConfig{Node: "n0"}

// reasonOf is the code and the reason of an error.
func reasonOf(err error) string {
	made, _ := status.FromError(err)
	for _, detail := range made.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.Domain == errorDomain {
			return made.Code().String() + " " + info.Reason
		}
	}
	return made.Code().String()
}

func TestErrorsOfCalls(t *testing.T) {
	ctx := context.Background()
	plugin := client(t, fake{})
	for want, call := range map[string]func() error{
		"NotFound DRIVER_UNKNOWN": func() error {
			_, err := plugin.Inspect(ctx, &driverv1.InspectRequest{Driver: "other", Config: node})
			return err
		},
		"InvalidArgument CONFIG_MISSING": func() error {
			_, err := plugin.Inspect(ctx, &driverv1.InspectRequest{Driver: "fake"})
			return err
		},
		"InvalidArgument OPTION_UNKNOWN": func() error {
			wrong := &NodeConfig{Node: "n0", Options: map[string]string{"x": "1"}}
			_, err := plugin.Inspect(ctx, &driverv1.InspectRequest{Driver: "fake", Config: wrong})
			return err
		},
		"Unimplemented CAPABILITY_MISSING": func() error {
			_, err := plugin.Stop(ctx, &driverv1.StopRequest{Driver: "fake", Config: node})
			return err
		},
	} {
		if got := reasonOf(call()); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}

func TestPanicEndsOnlyItsCall(t *testing.T) {
	var logged bytes.Buffer
	previous := slog.Default()
	slog.SetDefault(newLogger("fake", &logged))
	defer slog.SetDefault(previous)
	plugin := client(t, fake{inspect: func() (*NodeStatus, error) { return &NodeStatus{State: Running}, nil }})
	_, err := plugin.Remove(context.Background(), &driverv1.RemoveRequest{Driver: "fake", Config: node})
	if reasonOf(err) != "Internal DRIVER_FAULT" || strings.Contains(err.Error(), "out of order") {
		t.Errorf("got %v", err)
	}
	var line map[string]string
	if err := json.Unmarshal(logged.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, &logged)
	}
	if !strings.Contains(err.Error(), "(incident "+line["incident"]+")") || line["error"] != "out of order" ||
		!strings.Contains(line["stack"], "Remove") || line["@level"] != "error" || line["@module"] != "fake" {
		t.Errorf("logged %v", line)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000000Z", line["@timestamp"]); err != nil {
		t.Error(err)
	}
	if _, err := plugin.Inspect(context.Background(), &driverv1.InspectRequest{Driver: "fake", Config: node}); err != nil {
		t.Error(err)
	}
}

func TestTypedErrorOfInspectIsAState(t *testing.T) {
	away := func() (*NodeStatus, error) {
		return nil, Errorf(codes.Unavailable, "FARM_AWAY", "The farm is away.").WithRemedy("Wait.")
	}
	answer, err := client(t, fake{inspect: away}).
		Inspect(context.Background(), &driverv1.InspectRequest{Driver: "fake", Config: node})
	if got := answer.GetStatus(); err != nil || got.State != Unreachable || got.Reason != "FARM_AWAY" ||
		got.Message != "The farm is away." || got.Remedy != "Wait." {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = client(t, fake{inspect: func() (*NodeStatus, error) { return nil, errors.New("a bug") }}).
		Inspect(context.Background(), &driverv1.InspectRequest{Driver: "fake", Config: node})
	if reasonOf(err) != "Internal DRIVER_FAULT" || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("got %v", err)
	}
}

func TestBootstrapEndsOpenSteps(t *testing.T) {
	failing := fake{bootstrap: func(_ context.Context, _ *Config, boot *Boot) error {
		first := boot.Step("first", "creating")
		first.Progress(1, 2)
		first.Log("made\n")
		first.End(nil)
		first.End(errors.New("too late"))
		boot.Step("second", "starting")
		return Errorf(codes.Unavailable, "FARM_AWAY", "The farm is away.")
	}}
	stream, err := client(t, failing).
		Bootstrap(context.Background(), &driverv1.BootstrapRequest{Driver: "fake", Config: node})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for {
		response, err := stream.Recv()
		if err != nil {
			if reasonOf(err) != "Unavailable FARM_AWAY" {
				t.Errorf("got %v", err)
			}
			break
		}
		step := response.GetProgress()
		text := step.Id + step.Log + step.Error
		if step.Done {
			text += " done"
		}
		steps = append(steps, text)
	}
	want := "first, first, firstmade\n, first done, second, secondThe farm is away. done"
	if got := strings.Join(steps, ", "); got != want {
		t.Errorf("got %q", got)
	}
}

func TestChangesOfANodeAreSerial(t *testing.T) {
	var running, most, count atomic.Int32
	entered := make(chan struct{}, 3)
	proceed := make(chan struct{})
	plugin := client(t, fake{
		bootstrap: func(context.Context, *Config, *Boot) error {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			count.Add(1)
			entered <- struct{}{}
			<-proceed
			return nil
		},
		inspect: func() (*NodeStatus, error) { return &NodeStatus{State: Running}, nil },
	})
	over := make(chan error)
	boot := func(ctx context.Context, name string) {
		stream, err := plugin.Bootstrap(ctx, &driverv1.BootstrapRequest{Driver: "fake", Config: &NodeConfig{Node: name}})
		for err == nil {
			_, err = stream.Recv()
		}
		over <- err
	}
	go boot(context.Background(), "n0")
	<-entered
	cancelled, cancel := context.WithCancel(context.Background())
	go boot(cancelled, "n0")
	cancel()
	if err := <-over; status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
	go boot(context.Background(), "n1")
	<-entered // Another node does not wait.
	go boot(context.Background(), "n0")
	close(proceed)
	for range 3 {
		if err := <-over; !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
	if most.Load() != 2 || count.Load() != 3 {
		t.Errorf("%d at once, %d in all", most.Load(), count.Load())
	}
}

// echo is a server that sends its first bytes unasked, then what it receives, and after the end of that "end".
func echo(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				connection.Write([]byte("\x00\x00\x00\x04\x00\x00\x00\x00\x00")) // SETTINGS
				io.Copy(connection, connection)
				connection.Write([]byte("end"))
			}()
		}
	}()
	return path
}

func TestTLSEndpoint(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	key, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	port := server.Listener.Addr().(*net.TCPAddr).Port
	material := &TLS{
		Ca: certificate, Certificate: certificate, Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		ServerName: "example.com",
	}
	if err := TCP("127.0.0.1", port, material).Probe(context.Background()); err != nil {
		t.Error(err)
	}
	for name, wrong := range map[string]*TLS{
		"is not trusted": {ServerName: "example.com"},
		"other name":     {Ca: certificate, ServerName: "example.org", Certificate: certificate, Key: material.Key},
		"no certificate": {Ca: certificate, ServerName: "example.com"},
		"CA is not PEM":  {Ca: []byte("x")},
	} {
		if TCP("127.0.0.1", port, wrong).Probe(context.Background()) == nil {
			t.Error(name)
		}
	}
}
