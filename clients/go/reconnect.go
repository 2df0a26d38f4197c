package slipway

import (
	"context"
	"path/filepath"
	"time"

	"google.golang.org/grpc/codes"
)

// reconnects is the number of attempts to reconnect without an event in between.
const reconnects = 10

// reconnect waits before another attempt of a call whose connection was lost, longer after each attempt. It returns the
// error of the call if another attempt cannot succeed.
func (c *Client) reconnect(ctx context.Context, err error, attempt int) error {
	if !isLost(err) || attempt == reconnects {
		return typed(err)
	}
	select {
	case <-time.After(min(time.Duration(1<<attempt)*100*time.Millisecond, 5*time.Second)):
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.socket == "" {
		return nil
	}
	// The dialer also checks the folder. Its error would be part of a message only.
	_, unsafe := checkSocketFolder(filepath.Dir(c.socket))
	return unsafe
}

// isLost reports whether a connection or a stream broke, or the host is being restarted. Errors of the host have
// reasons; the codes are those that gRPC gives to broken streams.
func isLost(err error) bool {
	known := AsError(err)
	if known == nil {
		return false
	}
	if known.Reason != "" {
		return known.Reason == "HOST_STOPPING"
	}
	switch known.Code {
	case codes.Unavailable, codes.Internal, codes.Unknown, codes.Canceled, codes.Aborted:
		return true
	default:
		return false
	}
}
