package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// prefaceTimeout is how long BuildKit may take to send its HTTP/2 preface.
const prefaceTimeout = 3 * time.Second

// probe checks that BuildKit answers on the node's socket: an HTTP/2 server sends its SETTINGS first.
func (f folder) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, prefaceTimeout)
	defer cancel()
	connection, err := (&net.Dialer{}).DialContext(ctx, "unix", f.socket())
	if err != nil {
		return err
	}
	defer connection.Close()
	stop := context.AfterFunc(ctx, func() { connection.SetDeadline(time.Now()) })
	defer stop()
	frame := make([]byte, 9)
	if _, err := io.ReadFull(connection, frame); err != nil {
		return fmt.Errorf("the daemon does not answer on its socket: %w", err)
	}
	if frame[3] != 4 { // SETTINGS
		return fmt.Errorf("the daemon does not answer with HTTP/2")
	}
	return nil
}
