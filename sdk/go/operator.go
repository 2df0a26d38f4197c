package driver

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// The variables of an operator who runs a plugin without a host: host:port, and files in PEM. All are required.
const (
	listenVariable      = "SLIPWAY_PLUGIN_LISTEN"
	certificateVariable = "SLIPWAY_PLUGIN_TLS_CERT"
	keyVariable         = "SLIPWAY_PLUGIN_TLS_KEY"
	clientCAVariable    = "SLIPWAY_PLUGIN_TLS_CLIENT_CA"
)

// A host on another machine that sends nothing for hostSilence is pinged. One that does not answer within hostAnswer is
// dead, and its leases end.
const (
	hostSilence = time.Minute
	hostAnswer  = 20 * time.Second
	// minPingInterval is how often a host may ping; Slipway's does about every 5 minutes.
	minPingInterval = 30 * time.Second
)

func keepalives(silence, answer time.Duration) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: silence, Timeout: answer}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPingInterval, PermitWithoutStream: true}),
	}
}

// operate serves hosts on TCP with mutual TLS until the process is ended.
func (p *process) operate(service *service) error {
	config, err := operatorTLS()
	if err != nil {
		return err
	}
	address := os.Getenv(listenVariable)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%s cannot be used: %w", listenVariable, err)
	}
	options := append(keepalives(hostSilence, hostAnswer), grpc.Creds(credentials.NewTLS(config)))
	server := p.newOwnServer(service, options...)
	slog.Info("Listening on " + address)
	return serveUntilEnded(server, listener)
}

func operatorTLS() (*tls.Config, error) {
	files := map[string][]byte{}
	for _, variable := range []string{certificateVariable, keyVariable, clientCAVariable} {
		path := os.Getenv(variable)
		if path == "" {
			return nil, fmt.Errorf("%s is not set: a plugin listens on TCP with mutual TLS only", variable)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s names a file that cannot be read: %w", variable, err)
		}
		files[variable] = content
	}
	pair, err := tls.X509KeyPair(files[certificateVariable], files[keyVariable])
	if err != nil {
		return nil, fmt.Errorf("%s and %s cannot be used: %w", certificateVariable, keyVariable, err)
	}
	hosts := x509.NewCertPool()
	if !hosts.AppendCertsFromPEM(files[clientCAVariable]) {
		return nil, fmt.Errorf("%s has no certificate in PEM", clientCAVariable)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    hosts,
		MinVersion:   tls.VersionTLS12,
	}, nil
}
