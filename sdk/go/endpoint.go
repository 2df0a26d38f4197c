package driver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// probeTimeout is how long BuildKit may take to answer a probe.
const probeTimeout = 3 * time.Second

// Endpoint is where the BuildKit of a node, or the server of an image store, is reached. [Unix], [TCP] and [Stream] make one.
type Endpoint struct {
	// direct is where the host connects itself; nil for a stream.
	direct *driverv1.Endpoint
	// expireTime is when the host opens no connection any more; nil means the life of the lease.
	expireTime *timestamppb.Timestamp
	// reusable is whether the host may keep the lease for the next build.
	reusable bool
	// open makes one connection.
	open func(ctx context.Context) (io.ReadWriteCloser, error)
}

// Until returns the endpoint with the time after which the host opens no connection to it. Offer the next one before.
func (e Endpoint) Until(expires time.Time) Endpoint {
	e.expireTime = timestamppb.New(expires)
	return e
}

// Reusable returns the endpoint of a lease that the host may keep for some seconds after a build, for the next build with
// the same configuration, principal, platforms and affinity key: a new lease would lead to the same BuildKit.
func (e Endpoint) Reusable() Endpoint {
	e.reusable = true
	return e
}

// Unix is a unix socket on which BuildKit, or the server of an image store, listens. The host connects to it directly. The path is absolute and has at most
// 107 bytes.
func Unix(path string) Endpoint {
	return Endpoint{
		direct: &driverv1.Endpoint{Address: &driverv1.Endpoint_Unix{Unix: &driverv1.UnixEndpoint{Path: path}}},
		open: func(ctx context.Context) (io.ReadWriteCloser, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		},
	}
}

// TCP is a TCP address on which BuildKit, or the server of an image store, listens. The host connects to it directly. Without TLS material the connection
// is plain text.
func TCP(host string, port int, material *TLS) Endpoint {
	tcp := &driverv1.TcpEndpoint{Host: host, Port: int32(port), Tls: material}
	address := net.JoinHostPort(host, strconv.Itoa(port))
	return Endpoint{
		direct: &driverv1.Endpoint{Address: &driverv1.Endpoint_Tcp{Tcp: tcp}},
		open: func(ctx context.Context) (io.ReadWriteCloser, error) {
			if material == nil {
				return (&net.Dialer{}).DialContext(ctx, "tcp", address)
			}
			config, err := tlsConfig(material)
			if err != nil {
				return nil, err
			}
			return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
		},
	}
}

// Stream is a byte stream to BuildKit, or to the server of an image store, that only the plugin can open, for example through a program or an API. The SDK
// carries its bytes to the host. It calls open for each connection; the context covers only the opening. A stream with a
// method CloseWrite, as those of package net, is half-closed by it.
func Stream(open func(ctx context.Context) (io.ReadWriteCloser, error)) Endpoint {
	return Endpoint{open: open}
}

// connect opens a connection. An error that the driver did not type is converted.
func (e Endpoint) connect(ctx context.Context, untyped func(error) *Error) (io.ReadWriteCloser, error) {
	if e.open == nil {
		return nil, errors.New("the driver offered no endpoint")
	}
	connection, err := e.open(ctx)
	var typed *Error
	if err == nil || errors.As(err, &typed) || ctx.Err() != nil {
		return connection, err
	}
	return nil, untyped(err)
}

// unreachable is the error of a connection to BuildKit that cannot be opened.
func unreachable(cause error) *Error {
	return Errorf(codes.Unavailable, "BUILDKIT_UNREACHABLE", "BuildKit cannot be reached: %w.", cause)
}

// Probe connects to the endpoint and waits until BuildKit answers, for three seconds at most. The error is a clause for a
// message.
func (e Endpoint) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	connection, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	stop := context.AfterFunc(ctx, func() { connection.Close() })
	defer stop()
	// An HTTP/2 server sends its SETTINGS first.
	frame := make([]byte, 9)
	if _, err := io.ReadFull(connection, frame); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("it does not answer: %w", err)
	}
	if frame[3] != 4 {
		return errors.New("it does not answer with HTTP/2")
	}
	return nil
}

func tlsConfig(material *TLS) (*tls.Config, error) {
	config := &tls.Config{ServerName: material.ServerName, NextProtos: []string{"h2"}}
	if len(material.Ca) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(material.Ca) {
			return nil, errors.New("the CA certificates are not PEM")
		}
	}
	if len(material.Certificate) > 0 {
		pair, err := tls.X509KeyPair(material.Certificate, material.Key)
		if err != nil {
			return nil, fmt.Errorf("the client certificate cannot be used: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
