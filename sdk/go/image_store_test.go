package driver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// fakeStore is an image store whose methods do what a test says.
type fakeStore struct {
	load func(*SentArchive) ([]string, error)
	save func(*ReceivedArchive) error
	push func(*Push) (string, error)
}

func (fakeStore) Describe(context.Context, *StoreRef) (*StoreDescription, error) {
	return &StoreDescription{Oci: true, Description: "A fake"}, nil
}
func (s fakeStore) Load(_ context.Context, _ *StoreRef, archive *SentArchive) ([]string, error) {
	return s.load(archive)
}
func (s fakeStore) Save(_ context.Context, _ *StoreRef, _ []string, archive *ReceivedArchive) error {
	return s.save(archive)
}
func (s fakeStore) Push(_ context.Context, _ *StoreRef, push *Push) (string, error) {
	return s.push(push)
}
func (fakeStore) List(context.Context, *StoreRef, string) ([]*StoredImage, error) {
	return []*StoredImage{{Id: "sha256:" + strings.Repeat("0", 64), Names: []string{"app"}}}, nil
}
func (fakeStore) Remove(context.Context, *StoreRef, string, bool) error { return nil }

// storing is a driver with an image store.
type storing struct {
	fake
	store ImageStore
}

func (s storing) ImageStore() ImageStore { return s.store }

var storeRef = &StoreRef{Driver: "fake"}

func storeClient(t *testing.T, folder string, store ImageStore) driverv1.ImageStoreServiceClient {
	t.Helper()
	_, connection := start(t, folder, Plugin{Drivers: []Driver{storing{store: store}}})
	return driverv1.NewImageStoreServiceClient(connection)
}

type loadStream = grpc.BidiStreamingClient[driverv1.LoadImageRequest, driverv1.LoadImageResponse]

// loadFrom begins a load.
func loadFrom(t *testing.T, ctx context.Context, store driverv1.ImageStoreServiceClient) loadStream {
	t.Helper()
	stream, err := store.LoadImage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first := &driverv1.LoadImageRequest{Event: &driverv1.LoadImageRequest_Store{Store: storeRef}}
	if err := stream.Send(first); err != nil {
		t.Fatal(err)
	}
	return stream
}

func data(bytes []byte) *driverv1.LoadImageRequest {
	return &driverv1.LoadImageRequest{Event: &driverv1.LoadImageRequest_Data{Data: bytes}}
}

// endOf reads a load to its end.
func endOf(stream loadStream) (*driverv1.LoadedImages, error) {
	var loaded *driverv1.LoadedImages
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return loaded, nil
		} else if err != nil {
			return nil, err
		}
		loaded = response.GetLoaded()
	}
}

func TestErrorsOfStores(t *testing.T) {
	ctx := context.Background()
	store := storeClient(t, t.TempDir(), fakeStore{})
	_, connection := start(t, t.TempDir(), Plugin{Drivers: []Driver{fake{}}})
	for _, test := range []struct {
		want string
		call func() error
	}{
		{"InvalidArgument STORE_MISSING", func() error {
			stream, err := store.SaveImage(ctx)
			if err != nil {
				return err
			}
			stream.CloseSend()
			_, err = stream.Recv()
			return err
		}},
		{"NotFound DRIVER_UNKNOWN", func() error {
			_, err := store.ListImages(ctx, &driverv1.ListImagesRequest{Store: &StoreRef{Driver: "other"}})
			return err
		}},
		{"InvalidArgument PAGE_SIZE_INVALID", func() error {
			_, err := store.ListImages(ctx, &driverv1.ListImagesRequest{Store: storeRef, PageSize: -1})
			return err
		}},
		{"Unimplemented CAPABILITY_MISSING", func() error {
			_, err := store.FindLayers(ctx, &driverv1.FindLayersRequest{Store: storeRef})
			return err
		}},
		{"Unimplemented CAPABILITY_MISSING", func() error {
			other := driverv1.NewImageStoreServiceClient(connection)
			_, err := other.GetImageStore(ctx, &driverv1.GetImageStoreRequest{Store: storeRef})
			return err
		}},
	} {
		if got := reasonOf(test.call()); got != test.want {
			t.Errorf("want %s, got %s", test.want, got)
		}
	}
}

func TestLoadReadsTheArchive(t *testing.T) {
	archive := bytes.Repeat([]byte("archive "), 1<<17)
	store := storeClient(t, t.TempDir(), fakeStore{load: func(sent *SentArchive) ([]string, error) {
		sent.Step("unpack", "unpacking")
		got, err := io.ReadAll(sent)
		if err == nil && !bytes.Equal(got, archive) {
			err = errors.New("the archive has changed")
		}
		return []string{"app", "r.example:5000/app:1"}, err
	}})
	stream := loadFrom(t, context.Background(), store)
	go func() {
		for chunk := range slices.Chunk(archive, 1<<18) {
			stream.Send(data(chunk))
		}
		stream.CloseSend()
	}()
	var kinds []string
	for {
		response, err := stream.Recv()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
		switch event := response.Event.(type) {
		case *driverv1.LoadImageResponse_Progress:
			kinds = append(kinds, event.Progress.Id)
		case *driverv1.LoadImageResponse_Transfer:
			if event.Transfer.GetStream() != nil {
				kinds = append(kinds, "stream")
			}
		case *driverv1.LoadImageResponse_Loaded:
			kinds = append(kinds, event.Loaded.Names...)
		}
	}
	want := "unpack stream unpack docker.io/library/app:latest r.example:5000/app:1"
	if got := strings.Join(slices.Compact(kinds), " "); got != want {
		t.Errorf("got %s", got)
	}
}

func TestLoadEndsWithItsCall(t *testing.T) {
	ended := make(chan error)
	reading := fakeStore{load: func(sent *SentArchive) ([]string, error) {
		_, err := io.Copy(io.Discard, sent)
		ended <- err
		return []string{"app"}, err
	}}
	ctx, cancel := context.WithCancel(context.Background())
	process, connection := start(t, t.TempDir(), Plugin{Drivers: []Driver{storing{store: reading}}})
	store := driverv1.NewImageStoreServiceClient(connection)
	for _, test := range []struct {
		ctx context.Context
		end func()
	}{{ctx, cancel}, {context.Background(), process.calls.stop}} {
		stream := loadFrom(t, test.ctx, store)
		stream.Send(data([]byte("half")))
		if response, err := stream.Recv(); response.GetTransfer() == nil {
			t.Fatalf("got %v, %v", response, err)
		}
		test.end()
		if err := <-ended; err == nil {
			t.Error("the archive was complete")
		}
		if _, err := endOf(stream); status.Code(err) != codes.Canceled {
			t.Errorf("got %v", err)
		}
	}
}

func TestRequestsOfALoadAreChecked(t *testing.T) {
	store := storeClient(t, t.TempDir(), fakeStore{load: func(sent *SentArchive) ([]string, error) {
		_, err := io.Copy(io.Discard, sent)
		return []string{"app"}, err
	}})
	stream := loadFrom(t, context.Background(), store)
	stream.Send(&driverv1.LoadImageRequest{Event: &driverv1.LoadImageRequest_Answer{Answer: &driverv1.HttpAnswer{}}})
	stream.CloseSend()
	if _, err := endOf(stream); reasonOf(err) != "InvalidArgument TRANSFER_INCOMPLETE" {
		t.Errorf("got %v", err)
	}
	twice := storeClient(t, t.TempDir(), fakeStore{load: func(sent *SentArchive) ([]string, error) {
		io.Copy(io.Discard, sent)
		_, err := sent.SendTo(ArchiveRequest{Endpoint: Unix("/nowhere"), Method: "POST", Path: "/"})
		return nil, err
	}})
	stream = loadFrom(t, context.Background(), twice)
	stream.CloseSend()
	if _, err := endOf(stream); reasonOf(err) != "Internal DRIVER_FAULT" {
		t.Errorf("got %v", err)
	}
}

func TestSaveWritesTheArchive(t *testing.T) {
	archive := bytes.Repeat([]byte("archive "), 1<<18)
	store := storeClient(t, t.TempDir(), fakeStore{save: func(received *ReceivedArchive) error {
		if _, err := received.Write(archive[:100]); err != nil {
			return err
		}
		_, err := received.Write(archive[100:])
		return err
	}})
	stream := saveFrom(t, store)
	if first, err := stream.Recv(); first.GetTransfer().GetStream() == nil {
		t.Fatalf("got %v, %v", first, err)
	}
	var got []byte
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if size := len(response.GetData()); size == 0 || size > 1<<20 {
			t.Errorf("a chunk of %d bytes", size)
		}
		got = append(got, response.GetData()...)
	}
	if !bytes.Equal(got, archive) {
		t.Errorf("got %d bytes", len(got))
	}
}

func TestPushHasItsCredential(t *testing.T) {
	store := storeClient(t, t.TempDir(), fakeStore{push: func(push *Push) (string, error) {
		push.Step("push", "pushing "+push.Name)
		if push.Credential.GetSecret() != "sesame" {
			return "", Errorf(codes.Unauthenticated, "REGISTRY_UNAUTHORIZED", "The registry refuses the login.")
		}
		return "sha256:1", nil
	}})
	push := func(credential *RegistryCredential) (last *driverv1.PushImageResponse, err error) {
		request := &driverv1.PushImageRequest{Store: storeRef, Name: "r.example/app:1", Credential: credential}
		stream, err := store.PushImage(context.Background(), request)
		for err == nil {
			var response *driverv1.PushImageResponse
			if response, err = stream.Recv(); err == nil {
				last = response
			}
		}
		return last, err
	}
	if last, err := push(&RegistryCredential{Secret: "sesame"}); last.GetPushed().GetDigest() != "sha256:1" {
		t.Errorf("got %v, %v", last, err)
	}
	last, err := push(nil)
	if reasonOf(err) != "Unauthenticated REGISTRY_UNAUTHORIZED" || last.GetProgress().GetError() == "" {
		t.Errorf("got %v, %v", last, err)
	}
}

func TestNamesAreFull(t *testing.T) {
	id := "sha256:" + strings.Repeat("a", 64)
	for name, want := range map[string]string{
		"app":                    "docker.io/library/app:latest",
		"me/app:1":               "docker.io/me/app:1",
		"localhost/app":          "localhost/app:latest",
		"app@" + id:              "docker.io/library/app@" + id,
		"r.example:5000/app:1":   "r.example:5000/app:1",
		id:                       id,
		strings.Repeat("a", 64):  strings.Repeat("a", 64),
		"no name":                "no name",
		"index.docker.io/me/app": "docker.io/me/app:latest",
	} {
		if got := fullName(name); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}
