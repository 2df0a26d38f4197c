package slipway

import (
	"context"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	driverv1 "slipway.dev/client/gen/slipway/driver/v1"
	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

// maxMessage is the largest message that this client takes, in bytes: the log of a step may come in one.
const maxMessage = 64 << 20

// Client is a connection to a host, after both sides have said what they can do. Close it when it is no longer needed.
type Client struct {
	// Builds, Builders, Drivers, System and Uploads are the host's services.
	Builds   slipwayv1.BuildServiceClient
	Builders slipwayv1.BuilderServiceClient
	Drivers  slipwayv1.DriverServiceClient
	System   slipwayv1.SystemServiceClient
	Uploads  slipwayv1.UploadServiceClient
	// Capabilities are what the host can do for this client, by id.
	Capabilities map[string]*driverv1.Capability
	// Limits is what the host takes at once.
	Limits *slipwayv1.Limits
	// Environment are those of this process's variables that the host's drivers ask for; requests carry it.
	Environment map[string]string

	connection *grpc.ClientConn
}

// Option changes how Connect works.
type Option func(*options)

type options struct {
	name, version string
	required      []string
	noStart       bool
}

// WithName says who the client is, for the host's log. Default "slipway-go".
func WithName(name, version string) Option {
	return func(o *options) { o.name, o.version = name, version }
}

// WithRequired names capabilities that the client cannot do without; a host that lacks one is refused by its name.
func WithRequired(capabilities ...string) Option {
	return func(o *options) { o.required = append(o.required, capabilities...) }
}

// WithoutStart keeps Connect from starting a host when none runs.
func WithoutStart() Option {
	return func(o *options) { o.noStart = true }
}

// Connect connects to the host that $SLIPWAY_HOST names, or else to this user's, which is started when none runs
// (`slipway serve`; $SLIPWAY names another program).
func Connect(ctx context.Context, opts ...Option) (*Client, error) {
	o := options{name: "slipway-go", version: "0.1.0"}
	for _, apply := range opts {
		apply(&o)
	}
	where, err := selectAddress()
	if err != nil {
		return nil, err
	}
	if where.socket != "" {
		if err := ensureHost(ctx, where.socket, !o.noStart); err != nil {
			return nil, err
		}
	}
	connection, err := dial(where)
	if err != nil {
		return nil, err
	}
	client := &Client{
		Builds:     slipwayv1.NewBuildServiceClient(connection),
		Builders:   slipwayv1.NewBuilderServiceClient(connection),
		Drivers:    slipwayv1.NewDriverServiceClient(connection),
		System:     slipwayv1.NewSystemServiceClient(connection),
		Uploads:    slipwayv1.NewUploadServiceClient(connection),
		connection: connection,
	}
	if err := client.negotiate(ctx, o); err != nil {
		connection.Close()
		return nil, typed(err)
	}
	return client, nil
}

// Close ends the connection, and with it the calls that still run. Builds go on.
func (c *Client) Close() error {
	return c.connection.Close()
}

// IsLocal tells whether the host sees this machine's files, so that paths can be given instead of uploads.
func (c *Client) IsLocal() bool {
	return c.Capabilities["paths.local"] != nil
}

func dial(where address) (*grpc.ClientConn, error) {
	limits := grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage))
	if where.socket != "" {
		plain := grpc.WithTransportCredentials(insecure.NewCredentials())
		dialer := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return dialSocket(ctx, where.socket)
		})
		return grpc.NewClient("unix:"+where.socket, plain, limits, dialer)
	}
	transport := insecure.NewCredentials()
	if where.tls != nil {
		transport = credentials.NewTLS(where.tls)
	}
	dialing := []grpc.DialOption{grpc.WithTransportCredentials(transport), limits}
	if where.token != "" {
		dialing = append(dialing, grpc.WithPerRPCCredentials(bearer(where.token)))
	}
	return grpc.NewClient(where.target, dialing...)
}

func (c *Client) negotiate(ctx context.Context, o options) error {
	answer, err := c.System.Negotiate(ctx, &slipwayv1.NegotiateRequest{
		Client:               &driverv1.Peer{Name: o.name, Version: o.version},
		RequiredCapabilities: o.required,
	})
	if err != nil {
		return err
	}
	c.Limits = answer.GetLimits()
	c.Capabilities = map[string]*driverv1.Capability{}
	for _, capability := range answer.GetCapabilities() {
		c.Capabilities[capability.GetId()] = capability
	}
	c.Environment = map[string]string{}
	variables := c.Capabilities["environment"].GetSettings().GetFields()["variables"]
	for _, name := range variables.GetListValue().GetValues() {
		if value, set := os.LookupEnv(name.GetStringValue()); set {
			c.Environment[name.GetStringValue()] = value
		}
	}
	return nil
}

// bearer is a token that is sent with each call.
type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": fmt.Sprintf("Bearer %s", string(token))}, nil
}

// RequireTransportSecurity is false because hosts on loopback may be reached without TLS.
func (bearer) RequireTransportSecurity() bool { return false }
