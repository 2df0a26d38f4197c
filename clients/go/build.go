package slipway

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

const (
	// reconnects is how often a lost connection is made anew without an event in between.
	reconnects = 10
	// cancelling is how long the cancelling of a build may take.
	cancelling = 10 * time.Second
)

// Build runs a build to its end and returns what it made. Every event is handed to onEvent, which may be nil. A build
// that does not succeed is an *Error. When the context ends, the build is cancelled.
//
// An empty spec.Environment is filled with the client's.
func (c *Client) Build(
	ctx context.Context,
	spec *slipwayv1.BuildSpec,
	onEvent func(*slipwayv1.BuildEvent),
) (*slipwayv1.BuildResult, error) {
	id, err := c.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	result, err := c.Follow(ctx, id, onEvent)
	if ctx.Err() != nil {
		cancelled, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelling)
		defer stop()
		_, err := c.Builds.CancelBuild(cancelled, &slipwayv1.CancelBuildRequest{Id: id})
		return nil, errors.Join(ctx.Err(), typed(err))
	}
	return result, err
}

// Start starts a build and returns its id. The request can be repeated by the transport without building twice.
func (c *Client) Start(ctx context.Context, spec *slipwayv1.BuildSpec) (string, error) {
	if len(spec.GetEnvironment()) == 0 {
		spec.Environment = c.Environment
	}
	request := &slipwayv1.StartBuildRequest{RequestId: rand.Text(), Spec: spec}
	for attempt := 0; ; attempt++ {
		answer, err := c.Builds.StartBuild(ctx, request)
		if err == nil {
			return answer.GetBuild().GetId(), nil
		}
		// Only the transport's own errors have no reason, and are worth another try.
		if AsError(err).Reason != "" || status.Code(err) != codes.Unavailable || attempt == reconnects {
			return "", typed(err)
		}
		if err := pause(ctx, attempt); err != nil {
			return "", err
		}
	}
}

// Follow watches a build to its end, from its beginning. A connection that is lost is made anew, and no event is lost
// or comes twice. When the context ends the build goes on.
func (c *Client) Follow(
	ctx context.Context,
	id string,
	onEvent func(*slipwayv1.BuildEvent),
) (*slipwayv1.BuildResult, error) {
	next, lost := int64(1), 0
	for {
		finished, err := c.watch(ctx, id, next, func(event *slipwayv1.BuildEvent) {
			next, lost = event.GetSequence()+1, 0
			if onEvent != nil {
				onEvent(event)
			}
		})
		if finished != nil {
			return outcome(finished)
		}
		if status.Code(err) != codes.Unavailable || AsError(err).Reason != "" || lost == reconnects {
			return nil, typed(err)
		}
		if err := pause(ctx, lost); err != nil {
			return nil, err
		}
		lost++
	}
}

func (c *Client) watch(
	ctx context.Context,
	id string,
	from int64,
	onEvent func(*slipwayv1.BuildEvent),
) (*slipwayv1.BuildFinished, error) {
	stream, err := c.Builds.WatchBuild(ctx, &slipwayv1.WatchBuildRequest{Id: id, FromSequence: from})
	if err != nil {
		return nil, err
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil, status.Error(codes.Unavailable, "the stream ended before the build did")
		}
		if err != nil {
			return nil, err
		}
		onEvent(answer.GetEvent())
		if finished := answer.GetEvent().GetFinished(); finished != nil {
			return finished, nil
		}
	}
}

// outcome is the result of a build, or why there is none.
func outcome(finished *slipwayv1.BuildFinished) (*slipwayv1.BuildResult, error) {
	if finished.GetState() == slipwayv1.BuildState_BUILD_STATE_SUCCEEDED {
		return finished.GetResult(), nil
	}
	failure := finished.GetError()
	err := &Error{
		Code:    codes.Code(failure.GetCode()),
		Reason:  failure.GetReason(),
		Message: failure.GetMessage(),
		Remedy:  failure.GetRemedy(),
		Fields:  map[string]string{},
	}
	if field := failure.GetField(); field != "" {
		err.Fields[field] = failure.GetMessage()
	}
	return nil, err
}

// ReadOutput copies a streamed output of a running build. Call it when its OutputReady event has come.
func (c *Client) ReadOutput(ctx context.Context, id string, output int32, to io.Writer) error {
	stream, err := c.Builds.ReadOutput(ctx, &slipwayv1.ReadOutputRequest{Id: id, Output: output})
	if err != nil {
		return typed(err)
	}
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return typed(err)
		}
		if _, err := to.Write(piece.GetData()); err != nil {
			return err
		}
	}
}

// pause waits before another try, longer each time.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-time.After(min(time.Duration(1<<attempt)*100*time.Millisecond, 5*time.Second)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
