package slipway

import (
	"context"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	commonv1 "slipway.dev/client/gen/slipway/common/v1"
	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

// maxMessage is the maximum size of a message to receive, in bytes. A message can contain the log of a step.
const maxMessage = 64 << 20

// Client is a connection to a host, after negotiation. Close it when it is no longer needed.
type Client struct {
	// Builds, Builders, Host, Plugins and Uploads are the host's services.
	Builds   slipwayv1.BuildServiceClient
	Builders slipwayv1.BuilderServiceClient
	Plugins  slipwayv1.PluginServiceClient
	Host     slipwayv1.HostServiceClient
	Uploads  slipwayv1.UploadServiceClient
	// Capabilities are the host's capabilities for this client, by id.
	Capabilities map[string]*commonv1.Capability
	// Limits are the host's limits for messages.
	Limits *slipwayv1.HostLimits
	// Environment has the environment variables that the host's drivers ask for, to send in requests.
	Environment map[string]string

	connection *grpc.ClientConn
	// socket is the path of the host's unix socket; empty for TCP.
	socket string
}

// Option is an option of Connect.
type Option func(*options)

type options struct {
	name, version string
	required      []string
	noStart       bool
	tokens        TokenSource
	dialing       []grpc.DialOption
}

// WithName sets the name and version of the client for the host's log. The default name is "slipway-go".
func WithName(name, version string) Option {
	return func(o *options) { o.name, o.version = name, version }
}

// WithRequired names capabilities that the client requires. Connect fails if the host lacks one.
func WithRequired(capabilities ...string) Option {
	return func(o *options) { o.required = append(o.required, capabilities...) }
}

// WithoutStart makes Connect fail if no host is running, instead of starting one.
func WithoutStart() Option {
	return func(o *options) { o.noStart = true }
}

// WithDialOptions adds options of gRPC to the connection, such as
// grpc.WithStatsHandler(otelgrpc.NewClientHandler()), by which each call carries the trace of its context.
func WithDialOptions(dialing ...grpc.DialOption) Option {
	return func(o *options) { o.dialing = append(o.dialing, dialing...) }
}

// version is that of this module. A host of this machine that is older ends once it is idle.
const version = "0.1.0"

// Connect connects to the host at $SLIPWAY_HOST, or else to this user's host, which it starts if none is running.
// $SLIPWAY is the program of the host; without it, docs/api.md says where it is found.
func Connect(ctx context.Context, opts ...Option) (*Client, error) {
	o := options{name: "slipway-go", version: version}
	for _, apply := range opts {
		apply(&o)
	}
	where, err := selectAddress(o.tokens != nil)
	if err != nil {
		return nil, err
	}
	if where.socket != "" {
		if err := ensureHost(ctx, where.socket, !o.noStart); err != nil {
			return nil, err
		}
	}
	connection, err := dial(where, o)
	if err != nil {
		return nil, err
	}
	client := &Client{
		Builds:     slipwayv1.NewBuildServiceClient(connection),
		Builders:   slipwayv1.NewBuilderServiceClient(connection),
		Plugins:    slipwayv1.NewPluginServiceClient(connection),
		Host:       slipwayv1.NewHostServiceClient(connection),
		Uploads:    slipwayv1.NewUploadServiceClient(connection),
		connection: connection,
		socket:     where.socket,
	}
	if err := client.negotiate(ctx, o); err != nil {
		connection.Close()
		return nil, typed(err)
	}
	return client, nil
}

// Close closes the connection and ends the calls in progress. Builds continue.
func (c *Client) Close() error {
	return c.connection.Close()
}

// IsLocal reports whether the host can read this machine's files, so that paths can replace uploads.
func (c *Client) IsLocal() bool {
	return c.Capabilities["paths.local"] != nil
}

// dial opens a connection with the options of the caller, which do not replace those that the client needs. Calls on TCP
// have the tokens of the source, or without one that of the address.
func dial(where address, o options) (*grpc.ClientConn, error) {
	tokens := o.tokens
	limits := grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage))
	if where.socket != "" {
		plain := grpc.WithTransportCredentials(insecure.NewCredentials())
		dialer := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return dialSocket(ctx, where.socket)
		})
		return grpc.NewClient("unix:"+where.socket, append(o.dialing, plain, limits, dialer)...)
	}
	transport := insecure.NewCredentials()
	if where.tls != nil {
		transport = credentials.NewTLS(where.tls)
	}
	dialing := append(o.dialing, grpc.WithTransportCredentials(transport), limits)
	if tokens == nil && where.token != "" {
		tokens = fixedToken(where.token)
	}
	if tokens != nil {
		dialing = append(dialing, sendTokens(tokens)...)
	}
	return grpc.NewClient(where.target, dialing...)
}

func (c *Client) negotiate(ctx context.Context, o options) error {
	answer, err := c.Host.Negotiate(ctx, &slipwayv1.NegotiateRequest{
		Client:               &commonv1.Peer{Name: o.name, Version: o.version},
		RequiredCapabilities: o.required,
	})
	if err != nil {
		return err
	}
	c.Limits = answer.GetLimits()
	c.Capabilities = map[string]*commonv1.Capability{}
	for _, capability := range answer.GetCapabilities() {
		c.Capabilities[capability.GetId()] = capability
	}
	c.Environment = map[string]string{}
	for _, name := range answer.GetEnvironment().GetVariables() {
		if value, set := os.LookupEnv(name); set {
			c.Environment[name] = value
		}
	}
	return nil
}
