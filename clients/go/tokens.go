package slipway

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

// renewAhead is how long before its end a token is replaced.
const renewAhead = time.Minute

// TokenSource returns the bearer token of a call, before each call. It keeps the token itself while that is valid; see
// ExchangedTokens. Several goroutines call it at the same time.
type TokenSource func(ctx context.Context) (string, error)

// WithTokens sets the tokens of calls to a host on TCP, instead of that of $SLIPWAY_TOKEN_FILE. Connect fails with
// HOST_ADDRESS_INVALID if they would be sent in clear text over a network. A call fails with TOKEN_SOURCE_FAILED when
// the source does, or with the source's error if that is an *Error.
func WithTokens(source TokenSource) Option {
	return func(o *options) { o.tokens = source }
}

// ExchangedTokens returns tokens of the host at $SLIPWAY_HOST for ID tokens of an issuer that it trusts, for WithTokens.
// A token is kept until a minute before it expires; Follow goes on with the next one. It fails as ExchangeToken does, and
// as idToken, which returns a current ID token, such as one that the CI system issues for this job.
func ExchangedTokens(idToken TokenSource) TokenSource {
	e := &exchange{idToken: idToken, turn: make(chan struct{}, 1)}
	return e.token
}

// exchange keeps the token of the last exchange.
type exchange struct {
	idToken TokenSource
	// turn has room for the goroutine that reads or replaces the token.
	turn  chan struct{}
	last  string
	until time.Time
}

func (e *exchange) token(ctx context.Context) (string, error) {
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if time.Now().Before(e.until) {
		return e.last, nil
	}
	where, err := selectAddress(true)
	if err != nil {
		return "", err
	}
	if where.socket != "" {
		return "", invalidAddress("unix://"+where.socket, "is a unix socket, which needs no tokens")
	}
	subject, err := e.idToken(ctx)
	if err != nil {
		return "", err
	}
	connection, err := dial(where, options{})
	if err != nil {
		return "", err
	}
	defer connection.Close()
	request := &slipwayv1.ExchangeTokenRequest{SubjectToken: subject}
	answer, err := slipwayv1.NewAuthServiceClient(connection).ExchangeToken(ctx, request)
	if err != nil {
		return "", typed(err)
	}
	e.last = answer.GetAccessToken()
	e.until = time.Now().Add(answer.GetExpiresIn().AsDuration() - renewAhead)
	return e.last, nil
}

// fixedToken returns always the same token.
func fixedToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

// sendTokens adds a token to each call. gRPC's credentials for calls would drop the details of the source's error.
func sendTokens(source TokenSource) []grpc.DialOption {
	authorize := func(ctx context.Context) (context.Context, error) {
		token, err := source(ctx)
		if err != nil {
			return nil, sourceFailed(ctx, err)
		}
		return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), nil
	}
	unary := func(ctx context.Context, method string, request, answer any, connection *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		ctx, err := authorize(ctx)
		if err != nil {
			return err
		}
		return invoke(ctx, method, request, answer, connection, options...)
	}
	stream := func(ctx context.Context, desc *grpc.StreamDesc, connection *grpc.ClientConn, method string,
		open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
		ctx, err := authorize(ctx)
		if err != nil {
			return nil, err
		}
		return open(ctx, desc, connection, method, options...)
	}
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(unary), grpc.WithChainStreamInterceptor(stream)}
}

func sourceFailed(ctx context.Context, err error) error {
	if known := AsError(err); known != nil {
		return known
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Error{
		Code:    codes.Unauthenticated,
		Reason:  "TOKEN_SOURCE_FAILED",
		Message: fmt.Sprintf("The function that gives the tokens of calls failed: %v.", err),
	}
}

// requirePrivateWay refuses to send tokens in clear text over a network.
func requirePrivateWay(to *url.URL) error {
	if to.Scheme == "http" && !isLoopback(to.Hostname()) {
		return invalidAddress(to.String(), "would send the token in clear text over the network; use https")
	}
	return nil
}
