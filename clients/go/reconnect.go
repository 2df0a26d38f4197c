package slipway

import (
	"context"
	"path/filepath"
	"time"

	"google.golang.org/grpc/codes"
)

const (
	// reconnects is the number of attempts to reconnect without an event in between.
	reconnects = 10
	// longestDelay is the longest delay for which the client waits. A call that must wait longer is not repeated.
	longestDelay = time.Minute
)

// reconnect waits before another attempt of a call whose connection was lost: longer after each attempt, and no less than
// the host asks for. It returns the error of the call if another attempt cannot succeed.
func (c *Client) reconnect(ctx context.Context, err error, attempt int) error {
	known := AsError(err)
	if known == nil || !known.isLost() || known.RetryAfter > longestDelay || attempt == reconnects {
		return typed(err)
	}
	delay := min(time.Duration(1<<attempt)*100*time.Millisecond, 5*time.Second)
	select {
	case <-time.After(max(delay, known.RetryAfter)):
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
func (e *Error) isLost() bool {
	switch e.Reason {
	case "":
	case "HOST_STOPPING":
		return true
	default:
		return false
	}
	switch e.Code {
	case codes.Unavailable, codes.Internal, codes.Unknown, codes.Canceled, codes.Aborted:
		return true
	default:
		return false
	}
}

// isRefusedToken reports whether the host has refused the token of a call, and so the call. A TokenSource may have another
// one, also where the host's clock or keys have changed and the token seems to be valid.
func isRefusedToken(err error) bool {
	known := AsError(err)
	return known != nil && (known.Reason == "TOKEN_EXPIRED" || known.Reason == "TOKEN_WRONG")
}
