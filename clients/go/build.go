package slipway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	buildv1 "slipway.dev/client/gen/slipway/build/v1"
	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

// cancelling is the time limit for cancelling a build.
const cancelling = 10 * time.Second

// Build runs a build to its end and returns its result. It calls onEvent, which can be nil, with each event. A failed
// build is an *Error. When the context is cancelled, so is the build.
//
// An empty spec.Environment is set to the client's environment.
func (c *Client) Build(
	ctx context.Context,
	spec *buildv1.BuildSpec,
	onEvent func(*slipwayv1.BuildEvent),
) (*buildv1.BuildResult, error) {
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

// Start starts a build and returns its id. A request that is repeated after a lost connection starts no second build.
func (c *Client) Start(ctx context.Context, spec *buildv1.BuildSpec) (string, error) {
	if len(spec.GetEnvironment()) == 0 {
		spec.Environment = c.Environment
	}
	request := &slipwayv1.StartBuildRequest{RequestId: newRequestID(), Spec: spec}
	for attempt := 0; ; attempt++ {
		answer, err := c.Builds.StartBuild(ctx, request)
		if err == nil {
			return answer.GetBuild().GetId(), nil
		}
		if err := c.reconnect(ctx, err, attempt); err != nil {
			return "", err
		}
	}
}

// Follow watches a build from its beginning to its end. It reconnects after a lost connection, and once when
// the host has refused the token, without losing or repeating an event. When the context is cancelled, the build
// continues.
func (c *Client) Follow(
	ctx context.Context,
	id string,
	onEvent func(*slipwayv1.BuildEvent),
) (*buildv1.BuildResult, error) {
	next, lost, refused := int64(1), 0, false
	for {
		finished, err := c.watch(ctx, id, next, func(event *slipwayv1.BuildEvent) {
			next, lost, refused = event.GetSequence()+1, 0, false
			if onEvent != nil {
				onEvent(event)
			}
		})
		if finished != nil {
			return outcome(finished)
		}
		if isRefusedToken(err) && !refused {
			refused = true
			continue
		}
		if err := c.reconnect(ctx, err, lost); err != nil {
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
			return nil, status.Error(codes.Unavailable, "The stream ended before the build did.")
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

// outcome is the result of a build, or the error of a failed one.
func outcome(finished *slipwayv1.BuildFinished) (*buildv1.BuildResult, error) {
	if finished.GetState() == slipwayv1.BuildState_BUILD_STATE_SUCCEEDED {
		return finished.GetResult(), nil
	}
	failure := finished.GetError()
	err := &Error{
		Code:     codes.Code(failure.GetCode()),
		Reason:   failure.GetReason(),
		Message:  failure.GetMessage(),
		Remedy:   failure.GetRemedy(),
		Metadata: failure.GetMetadata(),
	}
	if field := failure.GetField(); field != "" {
		err.Fields = []FieldError{{Field: field, Reason: err.Reason, Message: err.Message, Remedy: err.Remedy}}
	}
	return nil, err
}

// ReadOutput copies a streamed output of a running build. Call it after the output's OutputReady event.
func (c *Client) ReadOutput(ctx context.Context, id string, output int32, to io.Writer) error {
	stream, err := c.Builds.ReadOutput(ctx, &slipwayv1.ReadOutputRequest{Id: id, Output: output})
	if err != nil {
		return typed(err)
	}
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return typed(err)
		}
		if _, err := to.Write(chunk.GetData()); err != nil {
			return err
		}
	}
}

// newRequestID returns a random UUID (version 4, RFC 9562).
func newRequestID() string {
	var id [16]byte
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
