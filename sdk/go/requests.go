package driver

import (
	"context"
	"sync"
)

// requests are the requests of a call with a stream of them. The stream itself does not end with the call's context when the
// plugin shuts down.
type requests[Request any] struct {
	ctx      context.Context
	received chan received[Request]
}

type received[Request any] struct {
	request Request
	err     error
}

// receive takes requests, one ahead of the reader, until the context ends.
func receive[Request any](ctx context.Context, take func() (Request, error)) *requests[Request] {
	made := &requests[Request]{ctx: ctx, received: make(chan received[Request])}
	go func() {
		var one received[Request]
		for {
			if one.err == nil {
				one.request, one.err = take()
			}
			select {
			case made.received <- one:
			case <-ctx.Done():
				return
			}
		}
	}()
	return made
}

// next returns the next request; io.EOF after the last.
func (r *requests[Request]) next() (Request, error) {
	select {
	case one := <-r.received:
		return one.request, one.err
	case <-r.ctx.Done():
		var none Request
		return none, r.ctx.Err()
	}
}

// drain discards the requests that are left, until the host half-closes: a server that ends a half-open call resets its
// stream, with which the host can lose the last response.
func (r *requests[Request]) drain() {
	for {
		if _, err := r.next(); err != nil {
			return
		}
	}
}

// serially returns a function that sends one response at a time.
func serially[Response any](send func(Response) error) func(Response) error {
	var mutex sync.Mutex
	return func(response Response) error {
		mutex.Lock()
		defer mutex.Unlock()
		return send(response)
	}
}
