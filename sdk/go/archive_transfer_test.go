package driver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// archiveServer is an HTTP server that keeps one archive.
type archiveServer struct {
	path   string
	stored []byte
}

func newArchiveServer(t *testing.T) *archiveServer {
	server := &archiveServer{path: filepath.Join(t.TempDir(), "s")}
	listener, err := net.Listen("unix", server.path)
	if err != nil {
		t.Fatal(err)
	}
	serving := &http.Server{Handler: server}
	go serving.Serve(listener)
	t.Cleanup(func() { serving.Close() })
	return server
}

func (s *archiveServer) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	if request.URL.RawQuery == "absent" {
		writer.WriteHeader(http.StatusNotFound)
		io.WriteString(writer, "it is not there")
	} else if request.Method == "GET" {
		writer.Write(s.stored)
	} else if body, err := io.ReadAll(request.Body); err == nil {
		s.stored = body
		io.WriteString(writer, request.Header.Get("X-Name"))
	}
}

func (s *archiveServer) endpoints() map[string]Endpoint {
	return map[string]Endpoint{
		"direct": Unix(s.path),
		"relayed": Stream(func(ctx context.Context) (io.ReadWriteCloser, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", s.path)
		}),
	}
}

// request makes the request of a transfer, as a host does.
func request(t *testing.T, asked *driverv1.HttpTransfer, body io.Reader) *http.Response {
	t.Helper()
	connection, err := net.Dial("unix", asked.GetUnix().Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	made, err := http.NewRequest(asked.Method, "http://host"+asked.Path, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range asked.Headers {
		made.Header.Set(header.Name, header.Value)
	}
	if err := made.Write(connection); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), made)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func statusPart(code int) *driverv1.HttpAnswer {
	return &driverv1.HttpAnswer{Part: &driverv1.HttpAnswer_Status{Status: int32(code)}}
}

func bodyPart(body []byte) *driverv1.HttpAnswer {
	return &driverv1.HttpAnswer{Part: &driverv1.HttpAnswer_Body{Body: body}}
}

func loadAnswer(part *driverv1.HttpAnswer) *driverv1.LoadImageRequest {
	return &driverv1.LoadImageRequest{Event: &driverv1.LoadImageRequest_Answer{Answer: part}}
}

func saveAnswer(part *driverv1.HttpAnswer) *driverv1.SaveImageRequest {
	return &driverv1.SaveImageRequest{Event: &driverv1.SaveImageRequest_Answer{Answer: part}}
}

func loadsBy(endpoint Endpoint) fakeStore {
	return fakeStore{load: func(sent *SentArchive) ([]string, error) {
		answer, err := sent.SendTo(ArchiveRequest{
			Endpoint: endpoint, Method: "POST", Path: "/load", Headers: map[string]string{"X-Name": "app"},
		})
		if err != nil {
			return nil, err
		}
		name, err := io.ReadAll(answer.Body)
		return []string{string(name)}, err
	}}
}

func savesBy(endpoint Endpoint, path string) fakeStore {
	return fakeStore{save: func(received *ReceivedArchive) error {
		answer, err := received.FetchFrom(ArchiveRequest{Endpoint: endpoint, Method: "GET", Path: path})
		if err == nil && answer.Status == http.StatusNotFound {
			text, _ := io.ReadAll(answer.Body)
			err = Errorf(codes.NotFound, "IMAGE_NOT_FOUND", "The image is absent: %s.", text)
		}
		return err
	}}
}

func saveFrom(
	t *testing.T, store driverv1.ImageStoreServiceClient,
) grpc.BidiStreamingClient[driverv1.SaveImageRequest, driverv1.SaveImageResponse] {
	t.Helper()
	stream, err := store.SaveImage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	images := &driverv1.SavedImages{Store: storeRef, Names: []string{"app"}}
	stream.Send(&driverv1.SaveImageRequest{Event: &driverv1.SaveImageRequest_Images{Images: images}})
	return stream
}

func TestTheHostCarriesArchives(t *testing.T) {
	archive := bytes.Repeat([]byte("archive "), 1<<17)
	for way, endpoint := range newArchiveServer(t).endpoints() {
		loading := loadFrom(t, context.Background(), storeClient(t, t.TempDir(), loadsBy(endpoint)))
		first, err := loading.Recv()
		if err != nil {
			t.Fatal(way, err)
		}
		answer := request(t, first.GetTransfer().GetHttp(), bytes.NewReader(archive))
		name, _ := io.ReadAll(answer.Body)
		loading.Send(loadAnswer(statusPart(answer.StatusCode)))
		loading.Send(loadAnswer(bodyPart(name)))
		loading.CloseSend()
		if loaded, err := endOf(loading); loaded.GetNames()[0] != "docker.io/library/app:latest" {
			t.Errorf("%s: got %v, %v", way, loaded, err)
		}

		saving := saveFrom(t, storeClient(t, t.TempDir(), savesBy(endpoint, "/save")))
		offer, err := saving.Recv()
		if err != nil {
			t.Fatal(way, err)
		}
		answer = request(t, offer.GetTransfer().GetHttp(), nil)
		if saved, err := io.ReadAll(answer.Body); !bytes.Equal(saved, archive) {
			t.Errorf("%s: got %d bytes, %v", way, len(saved), err)
		}
		saving.Send(saveAnswer(statusPart(answer.StatusCode)))
		saving.CloseSend()
		if _, err := saving.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: got %v", way, err)
		}
	}
}

func TestThePluginCarriesArchivesOfAFarHost(t *testing.T) {
	archive := bytes.Repeat([]byte("archive "), 1<<17)
	for way, endpoint := range newArchiveServer(t).endpoints() {
		loading := loadFrom(t, context.Background(), storeClient(t, "", loadsBy(endpoint)))
		loading.Send(data(archive))
		loading.CloseSend()
		if loaded, err := endOf(loading); err != nil || loaded.Names[0] != "docker.io/library/app:latest" {
			t.Errorf("%s: got %v, %v", way, loaded, err)
		}
		saving := saveFrom(t, storeClient(t, "", savesBy(endpoint, "/save")))
		var saved []byte
		var err error
		for err == nil {
			var response *driverv1.SaveImageResponse
			response, err = saving.Recv()
			saved = append(saved, response.GetData()...)
		}
		if !errors.Is(err, io.EOF) || !bytes.Equal(saved, archive) {
			t.Errorf("%s: got %d bytes, %v", way, len(saved), err)
		}
		absent := saveFrom(t, storeClient(t, "", savesBy(endpoint, "/save?absent")))
		if _, err := absent.Recv(); reasonOf(err) != "NotFound IMAGE_NOT_FOUND" {
			t.Errorf("%s: got %v", way, err)
		}
	}
}

func TestBrokenTransfers(t *testing.T) {
	server := newArchiveServer(t)
	failure := &driverv1.HttpAnswer{Part: &driverv1.HttpAnswer_Failure{Failure: "connect ECONNREFUSED"}}
	for _, test := range []struct {
		want  string
		parts []*driverv1.HttpAnswer
	}{
		{"Unavailable CONNECTION_LOST", []*driverv1.HttpAnswer{failure}},
		{"Unavailable CONNECTION_LOST", []*driverv1.HttpAnswer{statusPart(200), bodyPart([]byte("na")), failure}},
		{"InvalidArgument TRANSFER_INCOMPLETE", nil},
		{"InvalidArgument TRANSFER_INCOMPLETE", []*driverv1.HttpAnswer{bodyPart([]byte("name"))}},
	} {
		stream := loadFrom(t, context.Background(), storeClient(t, t.TempDir(), loadsBy(Unix(server.path))))
		for _, part := range test.parts {
			stream.Send(loadAnswer(part))
		}
		stream.CloseSend()
		if _, err := endOf(stream); reasonOf(err) != test.want {
			t.Errorf("want %s, got %v", test.want, err)
		}
	}
	away := Stream(func(context.Context) (io.ReadWriteCloser, error) { return nil, errors.New("the engine is away") })
	for _, folder := range []string{t.TempDir(), ""} {
		stream := loadFrom(t, context.Background(), storeClient(t, folder, loadsBy(away)))
		if _, err := endOf(stream); reasonOf(err) != "Unavailable CONNECTION_LOST" {
			t.Errorf("got %v", err)
		}
	}
	// A server that closes the connection, and an archive that breaks.
	cut := Stream(func(context.Context) (io.ReadWriteCloser, error) {
		ours, theirs := net.Pipe()
		theirs.Close()
		return ours, nil
	})
	stream := loadFrom(t, context.Background(), storeClient(t, "", loadsBy(cut)))
	stream.CloseSend()
	if _, err := endOf(stream); reasonOf(err) != "Unavailable CONNECTION_LOST" {
		t.Errorf("got %v", err)
	}
	stream = loadFrom(t, context.Background(), storeClient(t, "", loadsBy(Unix(server.path))))
	stream.Send(loadAnswer(failure))
	if _, err := endOf(stream); reasonOf(err) != "InvalidArgument TRANSFER_INCOMPLETE" {
		t.Errorf("got %v", err)
	}
}
