package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"

	"google.golang.org/grpc/codes"
	"slipway.dev/driver"
)

// server leads to an HTTP server for archives, as an engine has one.
type server struct{ endpoint driver.Endpoint }

// port starts the server once.
var port = sync.OnceValue(func() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, http.HandlerFunc(answer))
	return listener.Addr().(*net.TCPAddr).Port
})

// serverOf returns the server, which the host reaches directly or only through the plugin.
func serverOf(way string) server {
	if way == "direct" {
		return server{driver.TCP("127.0.0.1", port(), nil)}
	}
	return server{driver.Stream(func(ctx context.Context) (io.ReadWriteCloser, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port()))
	})}
}

// failure is the body of an answer without an archive.
type failure struct {
	Code            codes.Code
	Reason, Message string
}

func answer(writer http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	folder := layout(query.Get("folder"))
	var err error
	if request.Method == http.MethodGet {
		err = folder.save(query["name"], writer)
	} else {
		var names []string
		if names, err = folder.load(request.Body); err == nil {
			json.NewEncoder(writer).Encode(names)
		}
	}
	var typed *driver.Error
	if errors.As(err, &typed) {
		io.Copy(io.Discard, request.Body)
		writer.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(writer).Encode(failure{typed.Code, typed.Reason, typed.Message})
	} else if err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (s server) load(folder layout, archive *driver.SentArchive) (names []string, err error) {
	answer, err := archive.SendTo(driver.ArchiveRequest{
		Endpoint: s.endpoint, Method: http.MethodPost, Path: "/?" + url.Values{"folder": {string(folder)}}.Encode(),
		Headers: map[string]string{"Content-Type": "application/x-tar"},
	})
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, failureOf(answer)
	}
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return names, json.Unmarshal(content, &names)
}

func (s server) save(folder layout, names []string, archive *driver.ReceivedArchive) error {
	query := url.Values{"folder": {string(folder)}, "name": names}
	answer, err := archive.FetchFrom(driver.ArchiveRequest{
		Endpoint: s.endpoint, Method: http.MethodGet, Path: "/?" + query.Encode(),
	})
	if err != nil || answer.Status == http.StatusOK {
		return err
	}
	return failureOf(answer)
}

// failureOf is the error of an answer without an archive.
func failureOf(answer *driver.ArchiveAnswer) error {
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var read failure
	if json.Unmarshal(content, &read) != nil {
		return driver.Errorf(codes.Unknown, "SERVER_FAULT", "The server failed: %s.", content)
	}
	return driver.Errorf(read.Code, read.Reason, "%s", read.Message)
}
