package driver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
	nativebuildv1 "slipway.dev/driver/gen/slipway/nativebuild/v1"
)

// builder is a driver whose builds do what a test says.
type builder struct {
	fake
	build func(context.Context, *Build) (*BuildResult, error)
}

func (builder) Descriptor() *Descriptor {
	return &Descriptor{Name: "fake", NativeBuild: &NativeBuildSettings{Outputs: []string{"tar"}}}
}
func (builder) CheckBuild(_ context.Context, _ *Config, check *BuildCheck) {
	if check.Spec.Target != "" {
		check.Errorf("target", "TARGET_UNKNOWN", "", "There is no target %s.", check.Spec.Target)
	}
}
func (b builder) Build(ctx context.Context, _ *Config, build *Build) (*BuildResult, error) {
	return b.build(ctx, build)
}

func nativeClient(t *testing.T, one builder) nativebuildv1.NativeBuildServiceClient {
	t.Helper()
	_, connection := start(t, t.TempDir(), Plugin{NativeDrivers: []NativeDriver{one}})
	return nativebuildv1.NewNativeBuildServiceClient(connection)
}

func uploaded(id string) *buildv1.Context {
	return &buildv1.Context{Source: &buildv1.Context_Upload{Upload: id}}
}

var twoContexts = &BuildSpec{
	Context:       uploaded("context"),
	NamedContexts: map[string]*buildv1.Context{"other": uploaded("other"), "none": {}},
}

func startOf(spec *BuildSpec) *nativebuildv1.BuildRequest {
	start := &nativebuildv1.BuildStart{Driver: "fake", Config: node, Id: "b1", Spec: spec}
	return &nativebuildv1.BuildRequest{Message: &nativebuildv1.BuildRequest_Start{Start: start}}
}

func chunkOf(upload, data string, last bool) *nativebuildv1.BuildRequest {
	chunk := &nativebuildv1.ContextData{Upload: upload, Data: []byte(data), Last: last}
	return &nativebuildv1.BuildRequest{Message: &nativebuildv1.BuildRequest_Context{Context: chunk}}
}

// run sends the requests of a build, and half-closes after its result. It returns the responses, and answers a request for a
// login.
func run(
	t *testing.T, plugin nativebuildv1.NativeBuildServiceClient, requests ...*nativebuildv1.BuildRequest,
) (responses []*nativebuildv1.BuildResponse, err error) {
	t.Helper()
	stream, err := plugin.Build(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range requests {
		stream.Send(request)
	}
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return responses, nil
		} else if err != nil {
			return responses, err
		}
		responses = append(responses, response)
		if response.GetResult() != nil || response.GetError() != nil {
			stream.CloseSend()
		}
		if asked := response.GetCredential(); asked != nil {
			answer := &nativebuildv1.CredentialAnswer{
				Registry: strings.TrimPrefix(asked.Registry, "other."), Credential: &RegistryCredential{Secret: "sesame"},
			}
			stream.Send(&nativebuildv1.BuildRequest{Message: &nativebuildv1.BuildRequest_Credential{Credential: answer}})
		}
	}
}

func TestBuild(t *testing.T) {
	output := bytes.Repeat([]byte("output "), 1<<17)
	plugin := nativeClient(t, builder{build: func(_ context.Context, build *Build) (*BuildResult, error) {
		if _, err := build.NextContext(); err != nil { // Not read: the next one skips it.
			return nil, err
		}
		other, err := build.NextContext()
		if err != nil {
			return nil, err
		}
		files, err := io.ReadAll(other)
		if err != nil || string(files) != "some files" || other.Upload != "other" {
			t.Errorf("got %q of %s, %v", files, other.Upload, err)
		}
		if _, err := build.NextContext(); !errors.Is(err, io.EOF) {
			t.Errorf("got %v", err)
		}
		build.Progress(&BuildProgress{Vertexes: []*buildv1.Vertex{{Id: "1", Name: "[1/1] COPY"}}})
		build.Warn(&Diagnostic{Reason: "ODD"})
		if login, err := build.Credential("r.example"); login.GetSecret() != "sesame" {
			t.Errorf("got %v, %v", login, err)
		}
		err = build.Output(0, func(writer io.Writer) error {
			_, err := writer.Write(output)
			return err
		})
		return &BuildResult{ImageNames: []string{build.ID}}, err
	}})
	responses, err := run(t, plugin, startOf(twoContexts), chunkOf("context", "x", false), chunkOf("context", "", true),
		chunkOf("other", "some ", false), chunkOf("other", "files", true))
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for _, response := range responses[3 : len(responses)-1] {
		chunk := response.GetOutput()
		if got = append(got, chunk.Data...); chunk.Last != (len(got) == len(output) && len(chunk.Data) == 0) {
			t.Errorf("%d of %d bytes, last %v", len(got), len(output), chunk.Last)
		}
	}
	if responses[0].GetProgress() == nil || responses[1].GetWarning() == nil || responses[2].GetCredential() == nil ||
		!bytes.Equal(got, output) || responses[len(responses)-1].GetResult().GetImageNames()[0] != "b1" {
		t.Errorf("got %d bytes in %d responses", len(got), len(responses))
	}
}

func TestALoginNeedsAllContexts(t *testing.T) {
	plugin := nativeClient(t, builder{build: func(_ context.Context, build *Build) (*BuildResult, error) {
		_, err := build.Credential("r.example")
		return nil, err
	}})
	if _, err := run(t, plugin, startOf(twoContexts)); reasonOf(err) != "Internal DRIVER_FAULT" {
		t.Errorf("got %v", err)
	}
}

func TestErrorsOfBuilds(t *testing.T) {
	plugin := nativeClient(t, builder{build: func(_ context.Context, build *Build) (*BuildResult, error) {
		for {
			context, err := build.NextContext()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if _, err := io.Copy(io.Discard, context); err != nil {
				return nil, err
			}
		}
		_, err := build.Credential("other.r.example")
		return nil, err
	}})
	one := startOf(&BuildSpec{Context: uploaded("context")})
	for want, requests := range map[string][]*nativebuildv1.BuildRequest{
		"say what to build":       {chunkOf("context", "", true)},
		"specification is miss":   {startOf(nil)},
		"Files of other came":     {one, chunkOf("context", "x", false), chunkOf("other", "x", false)},
		"files of a context":      {one, startOf(nil)},
		"did not answer":          {one, chunkOf("context", "x", true)},
		"no driver \"\", only fa": {{Message: &nativebuildv1.BuildRequest_Start{Start: &nativebuildv1.BuildStart{}}}},
	} {
		_, err := run(t, plugin, requests...)
		code := codes.InvalidArgument
		if strings.HasPrefix(want, "no driver") {
			code = codes.NotFound
		}
		if status.Code(err) != code || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

func TestAFailedBuildIsNotAFailedCall(t *testing.T) {
	plugin := nativeClient(t, builder{build: func(context.Context, *Build) (*BuildResult, error) {
		return nil, BuildFailed{&BuildError{Reason: "STEP_FAILED", Message: "It failed."}}
	}})
	responses, err := run(t, plugin, startOf(&BuildSpec{}))
	if err != nil || len(responses) != 1 || responses[0].GetError().GetReason() != "STEP_FAILED" {
		t.Errorf("got %v, %v", responses, err)
	}
}

func TestBuildEndsWithItsCall(t *testing.T) {
	ended := make(chan error)
	reading := builder{build: func(ctx context.Context, build *Build) (*BuildResult, error) {
		build.Progress(&BuildProgress{})
		_, err := build.NextContext()
		ended <- errors.Join(err, ctx.Err())
		return nil, err
	}}
	process, connection := start(t, t.TempDir(), Plugin{NativeDrivers: []NativeDriver{reading}})
	plugin := nativebuildv1.NewNativeBuildServiceClient(connection)
	ctx, cancel := context.WithCancel(context.Background())
	for _, test := range []struct {
		ctx context.Context
		end func()
	}{{ctx, cancel}, {context.Background(), process.calls.stop}} {
		stream, err := plugin.Build(test.ctx)
		if err != nil {
			t.Fatal(err)
		}
		stream.Send(startOf(twoContexts))
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
		test.end()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := stream.Recv(); status.Code(err) != codes.Canceled {
			t.Errorf("got %v", err)
		}
	}
}

func TestNativeDriversHaveNoLeases(t *testing.T) {
	_, connection := start(t, t.TempDir(), Plugin{NativeDrivers: []NativeDriver{builder{}}})
	plugin := driverv1.NewDriverServiceClient(connection)
	answer, err := plugin.Handshake(context.Background(), &driverv1.HandshakeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	ids := slices.Collect(func(yield func(string) bool) {
		for _, one := range answer.Drivers[0].Capabilities {
			yield(one.Id)
		}
	})
	if !slices.Equal(ids, []string{"build.native"}) {
		t.Errorf("got %v", ids)
	}
	stream, _ := acquire(t, plugin, leaseID)
	if _, err := stream.Recv(); reasonOf(err) != "Unimplemented CAPABILITY_MISSING" {
		t.Errorf("got %v", err)
	}
	tunnel, err := plugin.Tunnel(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	start := &driverv1.TunnelStart{Driver: "fake", LeaseId: leaseID}
	tunnel.Send(&driverv1.TunnelRequest{Part: &driverv1.TunnelRequest_Start{Start: start}})
	if _, err := tunnel.Recv(); reasonOf(err) != "Unimplemented CAPABILITY_MISSING" {
		t.Errorf("got %v", err)
	}
}

func TestCheckBuild(t *testing.T) {
	request := &nativebuildv1.CheckBuildRequest{Driver: "fake", Config: node, Spec: &BuildSpec{Target: "none"}}
	answer, err := nativeClient(t, builder{}).CheckBuild(context.Background(), request)
	if err != nil || len(answer.Diagnostics) != 1 || answer.Diagnostics[0].Field != "target" {
		t.Errorf("got %v, %v", answer, err)
	}
	_, connection := start(t, t.TempDir(), Plugin{Drivers: []Driver{fake{}}})
	_, err = nativebuildv1.NewNativeBuildServiceClient(connection).CheckBuild(context.Background(), request)
	if reasonOf(err) != "Unimplemented CAPABILITY_MISSING" {
		t.Errorf("got %v", err)
	}
	for _, plugin := range []Plugin{
		{Drivers: []Driver{fake{descriptor: builder{}.Descriptor()}}},
		{NativeDrivers: []NativeDriver{plain{}}},
	} {
		if _, err := newDrivers(plugin.Drivers, plugin.NativeDrivers); err == nil {
			t.Error("a driver without its settings is accepted, or with those of another kind")
		}
	}
}

// plain is a native driver that does not say what it builds.
type plain struct{ builder }

func (plain) Descriptor() *Descriptor { return &Descriptor{Name: "fake"} }
