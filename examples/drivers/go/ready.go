package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// greetingTimeout is how long a daemon whose socket accepts may take to say something.
const greetingTimeout = 3 * time.Second

// greets tells whether BuildKit is behind the node's socket: an HTTP/2 server sends its settings unasked.
func (f folder) greets(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, greetingTimeout)
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
		return fmt.Errorf("the daemon's socket stays silent: %w", err)
	}
	if frame[3] != 4 { // SETTINGS
		return fmt.Errorf("what is behind the daemon's socket speaks no HTTP/2")
	}
	return nil
}
