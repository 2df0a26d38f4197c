package slipway

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

// renewAhead is how long before its end a token is replaced.
const renewAhead = time.Minute

// exchangeTimeout is how long the host has for an exchange: other calls wait for its token.
const exchangeTimeout = 30 * time.Second

// TokenSource returns the bearer token of a call, before each call. It keeps the token itself while that is valid, and
// returns another one than RefusedToken(ctx); see ExchangedTokens. Several goroutines call it at the same time.
type TokenSource func(ctx context.Context) (string, error)

// WithTokens sets the tokens of calls to a host on TCP, instead of that of $SLIPWAY_TOKEN_FILE. Connect fails with
// HOST_ADDRESS_INVALID if they would be sent in clear text over a network. A call fails with TOKEN_SOURCE_FAILED when
// the source does, or with the source's error if that is an *Error.
func WithTokens(source TokenSource) Option {
	return func(o *options) { o.tokens = source }
}

type refusedKey struct{}

// RefusedToken returns the token that the host has refused, in the context of a TokenSource; empty if it has refused none.
func RefusedToken(ctx context.Context) string {
	refused, _ := ctx.Value(refusedKey{}).(string)
	return refused
}

// ExchangedTokens returns tokens of the host at $SLIPWAY_HOST for ID tokens of an issuer that it trusts, for WithTokens.
// A token is kept until a minute before it expires, or until the host refuses it; Follow goes on with the next one. It
// fails as ExchangeToken does, for which the host has 30 s, and as idToken, which returns a current ID token, such as one
// that the CI system issues for this job. Of the options of Connect, those of WithDialOptions count.
func ExchangedTokens(idToken TokenSource, opts ...Option) TokenSource {
	e := &exchange{idToken: idToken, turn: make(chan struct{}, 1)}
	for _, apply := range opts {
		apply(&e.options)
	}
	e.options.tokens = nil
	return e.token
}

// exchange keeps the token of the last exchange.
type exchange struct {
	idToken TokenSource
	options options
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
	if e.last != RefusedToken(ctx) && isBefore(e.until) {
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
	connection, err := dial(where, e.options)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	limited, stop := context.WithTimeout(ctx, exchangeTimeout)
	defer stop()
	request := &slipwayv1.ExchangeTokenRequest{SubjectToken: subject}
	answer, err := slipwayv1.NewAuthServiceClient(connection).ExchangeToken(limited, request)
	if err != nil {
		return "", typed(err)
	}
	e.last = answer.GetAccessToken()
	e.until = time.Now().Add(answer.GetExpiresIn().AsDuration() - renewAhead)
	return e.last, nil
}

// isBefore reports whether it is before a time by both clocks. The monotonic one stands still while the machine sleeps,
// and the other one can be set.
func isBefore(until time.Time) bool {
	now := time.Now()
	return now.Before(until) && now.Round(0).Before(until.Round(0))
}

// fixedToken returns always the same token.
func fixedToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

// sendTokens adds a token to each call. A call that is not a stream is repeated once when the host refuses its token and
// the source has another one. gRPC's credentials for calls would drop the details of the source's error.
func sendTokens(source TokenSource) []grpc.DialOption {
	s := &sender{source: source}
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(s.unary), grpc.WithChainStreamInterceptor(s.stream)}
}

type sender struct {
	source  TokenSource
	refused atomic.Value
}

// authorize returns a token, and the context of a call with it.
func (s *sender) authorize(ctx context.Context) (string, context.Context, error) {
	asked := ctx
	if refused := s.refused.Load(); refused != nil {
		asked = context.WithValue(ctx, refusedKey{}, refused)
	}
	token, err := s.source(asked)
	if err != nil {
		return "", nil, sourceFailed(ctx, err)
	}
	return token, metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), nil
}

// note keeps a token that the host has refused for the source, and reports whether the host has.
func (s *sender) note(token string, err error) bool {
	isRefused := isRefusedToken(err)
	if isRefused {
		s.refused.Store(token)
	}
	return isRefused
}

func (s *sender) unary(ctx context.Context, method string, request, answer any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	token, authorized, err := s.authorize(ctx)
	if err != nil {
		return err
	}
	err = invoke(authorized, method, request, answer, connection, options...)
	if !s.note(token, err) {
		return err
	}
	other, authorized, failed := s.authorize(ctx)
	if failed != nil {
		return failed
	}
	if other == token {
		return err
	}
	return invoke(authorized, method, request, answer, connection, options...)
}

func (s *sender) stream(ctx context.Context, desc *grpc.StreamDesc, connection *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	token, authorized, err := s.authorize(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := open(authorized, desc, connection, method, options...)
	if err != nil {
		return nil, err
	}
	return &notedStream{stream, func(err error) { s.note(token, err) }}, nil
}

// notedStream tells note of the error that ends it.
type notedStream struct {
	grpc.ClientStream
	note func(error)
}

func (s *notedStream) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	s.note(err)
	return err
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
