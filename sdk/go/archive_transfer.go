package driver

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc/codes"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// archiveTransfer is the one transfer of a call that carries an image archive: an HTTP request by the host or by this
// process, or the messages of the call.
type archiveTransfer struct {
	// ctx ends with the call.
	ctx   context.Context
	relay *relay
	// tell tells the host how the archive travels.
	tell func(*driverv1.ArchiveTransfer) error
	// next returns the next part of the host's answer; io.EOF after the last.
	next     func() (*driverv1.HttpAnswer, error)
	isChosen bool
}

// stream has the archive travel in the messages of the call.
func (t *archiveTransfer) stream() error {
	return t.choose(&driverv1.ArchiveTransfer{
		Transport: &driverv1.ArchiveTransfer_Stream{Stream: &driverv1.StreamTransfer{}},
	})
}

// request makes a request with a body, which may be nil. When the host makes it, the body is sent directly and not read.
func (t *archiveTransfer) request(
	request ArchiveRequest, body io.Reader,
) (answer *ArchiveAnswer, isDirect bool, err error) {
	offered, err := t.relay.offer(t.ctx, request.Endpoint)
	if err != nil {
		return nil, false, err
	}
	http := &driverv1.HttpTransfer{Method: request.Method, Path: request.Path}
	for name, value := range request.Headers {
		http.Headers = append(http.Headers, &driverv1.HttpHeader{Name: name, Value: value})
	}
	switch address := offered.Address.(type) {
	case *driverv1.Endpoint_Unix:
		http.Address = &driverv1.HttpTransfer_Unix{Unix: address.Unix}
	case *driverv1.Endpoint_Tcp:
		http.Address = &driverv1.HttpTransfer_Tcp{Tcp: address.Tcp}
	default: // Only this process reaches the server.
		connection, err := t.relay.connect(t.ctx)
		if err != nil {
			return nil, false, err
		}
		answer, err = exchange(t.ctx, connection, request, body)
		return answer, false, err
	}
	if err := t.choose(&driverv1.ArchiveTransfer{Transport: &driverv1.ArchiveTransfer_Http{Http: http}}); err != nil {
		return nil, false, err
	}
	part, err := t.next()
	status, ok := part.GetPart().(*driverv1.HttpAnswer_Status)
	if err != nil || !ok {
		return nil, false, broken(part, err)
	}
	return &ArchiveAnswer{Status: int(status.Status), Body: &answerBody{next: t.next}}, true, nil
}

func (t *archiveTransfer) choose(transfer *driverv1.ArchiveTransfer) error {
	if t.isChosen {
		return errors.New("an image archive was sent or received twice")
	}
	t.isChosen = true
	return t.tell(transfer)
}

// answerBody is the body of an answer to the host.
type answerBody struct {
	next func() (*driverv1.HttpAnswer, error)
	rest []byte
}

func (b *answerBody) Read(buffer []byte) (int, error) {
	for len(b.rest) == 0 {
		part, err := b.next()
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		body, ok := part.GetPart().(*driverv1.HttpAnswer_Body)
		if err != nil || !ok {
			return 0, broken(part, err)
		}
		b.rest = body.Body
	}
	count := copy(buffer, b.rest)
	b.rest = b.rest[count:]
	return count, nil
}

// broken is the error of an answer whose next part is not the expected one.
func broken(part *driverv1.HttpAnswer, err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if failure, ok := part.GetPart().(*driverv1.HttpAnswer_Failure); ok {
		return connectionLost(errors.New(failure.Failure))
	}
	return transferIncomplete("The answer of an HTTP server is out of order, or incomplete.")
}

// connectionLost is the error of a connection that carries an image archive.
func connectionLost(cause error) *Error {
	return Errorf(codes.Unavailable, "CONNECTION_LOST", "The connection that carries the image archive broke: %w.", cause)
}

// transferIncomplete is INVALID_ARGUMENT: the requests of a call that carries an archive are wrong.
func transferIncomplete(message string) *Error {
	return Errorf(codes.InvalidArgument, "TRANSFER_INCOMPLETE", "%s", message)
}
