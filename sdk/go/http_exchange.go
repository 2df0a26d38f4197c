package driver

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// exchange makes one request on a connection, which closes with the answer's body or the context. It returns when the head
// of the answer has come. The body may not be sent completely then: an error may be answered early, also by a server that
// closes the connection at once. It is sent until the answer ends.
func exchange(
	ctx context.Context, connection io.ReadWriteCloser, request ArchiveRequest, body io.Reader,
) (*ArchiveAnswer, error) {
	context.AfterFunc(ctx, func() { connection.Close() })
	source := &exchangeSource{body: body, fail: func() { connection.Close() }}
	made, err := http.NewRequestWithContext(ctx, request.Method, "http://localhost"+request.Path, nil)
	if err != nil {
		return nil, err
	}
	if body != nil {
		made.Body, made.ContentLength = io.NopCloser(source), -1
	}
	made.Close = true
	for name, value := range request.Headers {
		made.Header.Set(name, value)
	}
	// When it fails, reading does too, or there is an early answer to read.
	go made.Write(connection)
	response, err := http.ReadResponse(bufio.NewReader(connection), made)
	if err != nil {
		return nil, source.explain(err)
	}
	return &ArchiveAnswer{Status: response.StatusCode, Body: &exchangeBody{response.Body, connection, source}}, nil
}

// exchangeSource is the body of a request. When it cannot be read, the exchange fails with that error.
type exchangeSource struct {
	body io.Reader
	fail func()
	err  atomic.Pointer[error]
}

func (s *exchangeSource) Read(buffer []byte) (int, error) {
	count, err := s.body.Read(buffer)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err.Store(&err)
		s.fail()
	}
	return count, err
}

// explain returns why the exchange failed.
func (s *exchangeSource) explain(err error) error {
	if failed := s.err.Load(); failed != nil {
		return *failed
	}
	var typed *Error
	if errors.As(err, &typed) {
		return err // Of a stream of the driver.
	}
	return connectionLost(err)
}

// exchangeBody is the body of an answer. The connection closes at its end.
type exchangeBody struct {
	body       io.Reader
	connection io.Closer
	source     *exchangeSource
}

func (b *exchangeBody) Read(buffer []byte) (int, error) {
	count, err := b.body.Read(buffer)
	if err != nil {
		b.connection.Close()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.source.explain(err)
	}
	return count, err
}
