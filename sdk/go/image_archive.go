package driver

import (
	"bufio"
	"io"

	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// ArchiveRequest is a request of HTTP/1.1 whose body, or whose answer's body, is an image archive.
type ArchiveRequest struct {
	// Endpoint is where the server listens. The host connects to [Unix] and [TCP] itself, so that the archive's bytes do not
	// pass through the plugin.
	Endpoint Endpoint
	// Method is "POST", for example.
	Method string
	// Path is the path with its query, in printable ASCII.
	Path string
	// Headers are header fields, without those that frame the request: Connection, Content-Length, Expect, Trailer,
	// Transfer-Encoding and Upgrade. May be nil.
	Headers map[string]string
}

// ArchiveAnswer is the answer to an [ArchiveRequest].
type ArchiveAnswer struct {
	// Status is the status code.
	Status int
	// Body is the body. Reading it fails with CONNECTION_LOST when the connection breaks.
	Body io.Reader
}

// SentArchive is an image archive that the host sends: the store reads it, or has it sent to a server, either once. Its steps
// are shown to the user.
type SentArchive struct {
	steps
	transfer *archiveTransfer
	requests *requests[*driverv1.LoadImageRequest]
	isRead   bool
	rest     []byte
}

// Read reads the archive.
func (a *SentArchive) Read(buffer []byte) (int, error) {
	if !a.isRead {
		if err := a.transfer.stream(); err != nil {
			return 0, err
		}
		a.isRead = true
	}
	for len(a.rest) == 0 {
		request, err := a.requests.next()
		if err != nil {
			return 0, err
		}
		data, ok := request.Event.(*driverv1.LoadImageRequest_Data)
		if !ok {
			return 0, transferIncomplete("A request of LoadImage has no data.")
		}
		a.rest = data.Data
	}
	count := copy(buffer, a.rest)
	a.rest = a.rest[count:]
	return count, nil
}

// SendTo has the archive sent as the body of a request, by the host itself when possible. It returns the head of the answer,
// which may come before the archive is sent completely. It fails as the endpoint does, and with CONNECTION_LOST.
func (a *SentArchive) SendTo(request ArchiveRequest) (*ArchiveAnswer, error) {
	answer, _, err := a.transfer.request(request, a)
	return answer, err
}

// ReceivedArchive is an image archive that the host receives: the store writes it, or has it fetched from a server, either
// once.
type ReceivedArchive struct {
	transfer *archiveTransfer
	chunks   *bufio.Writer
}

func newReceivedArchive(transfer *archiveTransfer, send func(chunk []byte) error) *ReceivedArchive {
	isWritten := false
	return &ReceivedArchive{transfer: transfer, chunks: newChunks(func(chunk []byte) error {
		if !isWritten {
			if err := transfer.stream(); err != nil {
				return err
			}
			isWritten = true
		}
		return send(chunk)
	})}
}

// Write writes to the archive, at the host's pace.
func (a *ReceivedArchive) Write(data []byte) (int, error) { return a.chunks.Write(data) }

// FetchFrom has the archive fetched as the body of an answer, by the host itself when possible. It returns when the archive
// is complete, or with an answer whose status is not 2xx and which has no archive. It fails as the endpoint does, and with
// CONNECTION_LOST.
func (a *ReceivedArchive) FetchFrom(request ArchiveRequest) (*ArchiveAnswer, error) {
	answer, isDirect, err := a.transfer.request(request, nil)
	if err != nil || answer.Status < 200 || answer.Status > 299 {
		return answer, err
	}
	if isDirect {
		var sent int64
		if sent, err = io.Copy(io.Discard, answer.Body); sent > 0 {
			err = transferIncomplete("The host sent an archive to the plugin.")
		}
	} else {
		_, err = io.Copy(a.chunks, answer.Body)
	}
	return answer, err
}
