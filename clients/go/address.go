package slipway

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
)

// address is the address of a host.
type address struct {
	// socket is the path of a unix socket; empty for TCP.
	socket string
	// target is host:port.
	target string
	// tls is nil for plain text.
	tls *tls.Config
	// token authenticates the client to a host on TCP.
	token string
}

// selectAddress reads $SLIPWAY_HOST, $SLIPWAY_CERT_PATH and, unless the caller has tokens, $SLIPWAY_TOKEN_FILE. The default
// is this user's host.
func selectAddress(hasTokens bool) (address, error) {
	given := os.Getenv("SLIPWAY_HOST")
	if given == "" {
		return address{socket: defaultSocket()}, nil
	}
	parsed, err := url.Parse(given)
	if err != nil {
		return address{}, invalidAddress(given, "is not a URL")
	}
	switch parsed.Scheme {
	case "unix":
		if parsed.Host != "" || parsed.Path == "" {
			return address{}, invalidAddress(given, "has no absolute path after unix://")
		}
		return address{socket: parsed.Path}, nil
	case "http", "https":
		return tcpAddress(parsed, hasTokens)
	default:
		return address{}, invalidAddress(given, fmt.Sprintf("has the unknown scheme %q", parsed.Scheme))
	}
}

func tcpAddress(parsed *url.URL, hasTokens bool) (address, error) {
	if parsed.User != nil {
		return address{}, invalidAddress(parsed.String(), "contains a login; tokens are read from a file")
	}
	found := address{target: parsed.Host}
	if parsed.Port() == "" {
		found.target += map[string]string{"http": ":80", "https": ":443"}[parsed.Scheme]
	}
	file := os.Getenv("SLIPWAY_TOKEN_FILE")
	if hasTokens || file != "" {
		if err := requirePrivateWay(parsed); err != nil {
			return address{}, err
		}
	}
	if !hasTokens && file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return address{}, fmt.Errorf("SLIPWAY_TOKEN_FILE: %w", err)
		}
		found.token = strings.TrimSpace(string(text))
	}
	if parsed.Scheme == "http" {
		return found, nil
	}
	var err error
	found.tls, err = tlsConfig(os.Getenv("SLIPWAY_CERT_PATH"))
	return found, err
}

// isLoopback reports whether a host name or IP address is on the loopback interface.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// credentialsInAddress matches an address up to a user and a password, wherever they end: it may be no URL.
var credentialsInAddress = regexp.MustCompile(`(?is)^([a-z]+:/*)?.*@`)

// invalidAddress is the error of an address that cannot be used. It shows no user and password.
func invalidAddress(given, why string) error {
	shown := credentialsInAddress.ReplaceAllString(given, "${1}…@")
	message := fmt.Sprintf("The host's address %q %s.", shown, why)
	return &Error{
		Code:    codes.InvalidArgument,
		Reason:  "HOST_ADDRESS_INVALID",
		Message: message,
		Remedy:  "Give unix:///path/to/slipway.sock, http://127.0.0.1:port or https://host:port.",
		Fields:  []FieldError{{Field: "SLIPWAY_HOST", Reason: "HOST_ADDRESS_INVALID", Message: message}},
	}
}

// tlsConfig trusts ca.pem and presents cert.pem and key.pem of a folder, if they exist.
func tlsConfig(folder string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if folder == "" {
		return config, nil
	}
	if ca, err := os.ReadFile(filepath.Join(folder, "ca.pem")); err == nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(ca) {
			return nil, fmt.Errorf("SLIPWAY_CERT_PATH: %s/ca.pem contains no certificate", folder)
		}
	}
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	if _, err := os.Stat(cert); err == nil {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("SLIPWAY_CERT_PATH: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// defaultSocket is the socket of this user's host.
func defaultSocket() string {
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		return filepath.Join(runtime, "slipway", "slipway.sock")
	}
	uid := os.Getuid()
	if uid == 0 {
		return "/run/slipway/slipway.sock"
	}
	if runtime := filepath.Join("/run/user", strconv.Itoa(uid)); isFolder(runtime) {
		return filepath.Join(runtime, "slipway", "slipway.sock")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("slipway-%d", uid), "slipway.sock")
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
