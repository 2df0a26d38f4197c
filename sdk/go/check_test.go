package driver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	policyv1 "slipway.dev/driver/gen/slipway/policy/v1"
)

// fake is a driver whose methods do what a test says.
type fake struct {
	descriptor *Descriptor
	bootstrap  func(context.Context, *Config, *Boot) error
	inspect    func() (*NodeStatus, error)
	acquire    func(context.Context, *Lease) error
}

func (f fake) Descriptor() *Descriptor {
	if f.descriptor == nil {
		return &Descriptor{Name: "fake"}
	}
	return f.descriptor
}
func (f fake) Bootstrap(ctx context.Context, config *Config, boot *Boot) error {
	return f.bootstrap(ctx, config, boot)
}
func (f fake) Inspect(context.Context, *Config) (*NodeStatus, error) { return f.inspect() }
func (f fake) Remove(context.Context, *Config, RemoveOptions) (Removal, error) {
	panic("out of order")
}
func (f fake) Acquire(ctx context.Context, _ *Config, lease *Lease) error {
	return f.acquire(ctx, lease)
}

var allTypes = []*Option{
	{Name: "image", Type: String, DefaultValue: "moby/buildkit"},
	{Name: "privileged", Type: Bool},
	{Name: "replicas", Type: Int, DefaultValue: "1"},
	{Name: "memory", Type: Bytes},
	{Name: "timeout", Type: Duration, DefaultValue: "1m30s"},
	{Name: "cpu", Type: Quantity},
	{Name: "policy", Type: Enum, AllowedValues: []string{"always", "never"}},
	{Name: "cacert", Type: Path},
	{Name: "labels", Type: Map},
	{Name: "env.*", Type: String},
}

func check(descriptor *Descriptor, given *NodeConfig) (*Config, []*Diagnostic) {
	if descriptor.Name == "" {
		descriptor.Name = "fake"
	}
	return Validate(context.Background(), fake{descriptor: descriptor}, given, nil)
}

// reported are the reasons and fields of findings.
func reported(found []*Diagnostic) (all []string) {
	for _, one := range found {
		all = append(all, one.Reason+" "+one.Field)
	}
	return all
}

func TestNormalForm(t *testing.T) {
	config, found := check(&Descriptor{Options: allTypes}, &NodeConfig{Options: map[string]string{
		"privileged": "T", "memory": "512m", "cpu": "500m", "policy": "never", "cacert": "/certs/../ca.pem",
		"labels": "a=1, b=x=y", "env.HTTP_PROXY": "http://proxy", "replicas": "+07",
	}})
	want := map[string]string{
		"image": "moby/buildkit", "privileged": "true", "replicas": "7", "memory": "536870912", "timeout": "1m30s",
		"cpu": "500m", "policy": "never", "cacert": "/ca.pem", "labels": "a=1,b=x=y", "env.HTTP_PROXY": "http://proxy",
	}
	if len(found) > 0 || !maps.Equal(config.Options, want) {
		t.Fatalf("got %v, %v", config.GetOptions(), found)
	}
	if again, _ := check(&Descriptor{Options: allTypes}, config.NodeConfig); !maps.Equal(again.Options, want) {
		t.Errorf("the normal form changes to %v", again.Options)
	}
	if config.Int("memory") != 512<<20 || !config.Bool("privileged") || config.Duration("timeout").Seconds() != 90 ||
		config.Map("labels")["b"] != "x=y" {
		t.Error("the typed values differ")
	}
}

func TestReportsEverythingAtOnce(t *testing.T) {
	config, found := check(&Descriptor{Options: allTypes}, &NodeConfig{Options: map[string]string{
		"memroy": "1g", "privileged": "maybe", "replicas": "1.5", "memory": "much", "timeout": "soon", "cpu": "fast",
		"policy": "sometimes", "cacert": "ca.pem", "labels": "novalue", "env.": "x",
	}})
	want := []string{
		"OPTION_INVALID options[cacert]", "OPTION_INVALID options[cpu]", "OPTION_UNKNOWN options[env.]",
		"OPTION_INVALID options[labels]", "OPTION_INVALID options[memory]", "OPTION_UNKNOWN options[memroy]",
		"OPTION_INVALID options[policy]", "OPTION_INVALID options[privileged]", "OPTION_INVALID options[replicas]",
		"OPTION_INVALID options[timeout]",
	}
	if config != nil || !slices.Equal(reported(found), want) {
		t.Errorf("got %v", reported(found))
	}
	if remedy := found[5].Remedy; !strings.HasPrefix(remedy, "Did you mean memory? Known options: image, ") {
		t.Errorf("the remedy is %q", remedy)
	}
	if message := found[6].Message; !strings.Contains(message, `"sometimes"`) ||
		!strings.Contains(message, "one of always, never") {
		t.Errorf("the message is %q", message)
	}
	if remedy := found[6].Remedy; remedy != "Set the driver option policy to one of always, never." {
		t.Errorf("the remedy is %q", remedy)
	}
}

func TestRefusedValues(t *testing.T) {
	for kind, values := range map[*Option][]string{
		{Type: Bytes}:    {"", "m", "-1", "1mm", "1e3", "9999999p"},
		{Type: Duration}: {"", "5", "1 m", "1d", "m"},
		{Type: Int}:      {"", "1.5", "9223372036854775808"},
		{Type: Quantity}: {"", "2gi", "half", "1 Gi"},
		{Type: Map}:      {"", "a", "=1", "a=1,a=2"},
		{Type: Path}:     {"", "ca.pem", "/a\x00b"},
	} {
		for _, value := range values {
			if normal, err := normalForm(kind, value); err == nil {
				t.Errorf("%v accepts %q as %q", kind.Type, value, normal)
			}
		}
	}
}

func TestSecretsStayOut(t *testing.T) {
	pin := &Option{Name: "pin", Type: Int, Sensitive: true}
	_, found := check(&Descriptor{Options: []*Option{pin}}, &NodeConfig{Options: map[string]string{"pin": "hunter2"}})
	if len(found) != 1 || strings.Contains(fmt.Sprint(found), "hunter2") {
		t.Errorf("got %v", found)
	}
	if text := fmt.Sprint(&Config{&NodeConfig{Node: "n0", Options: map[string]string{"pin": "1"}}}); text != "n0" {
		t.Errorf("a configuration prints as %q", text)
	}
}

func TestRequiredAndDeprecated(t *testing.T) {
	options := []*Option{
		{Name: "token", Required: true, Description: "Login of the farm."},
		{Name: "mem", Deprecation: "Use memory."},
	}
	for _, given := range []map[string]string{{"mem": "1"}, {"mem": "1", "token": ""}} {
		_, found := check(&Descriptor{Options: options}, &NodeConfig{Options: given})
		want := []string{"OPTION_DEPRECATED options[mem]", "OPTION_REQUIRED options[token]"}
		if !slices.Equal(reported(found), want) || isError(found[0]) || !isError(found[1]) {
			t.Errorf("got %v", found)
		}
	}
}

func TestLongestPrefixWins(t *testing.T) {
	options := []*Option{
		{Name: "env.*"}, {Name: "env.proxy.*", Type: Bool}, {Name: "env.proxy.port", Type: Int},
	}
	config, _ := check(&Descriptor{Options: options}, &NodeConfig{
		Options: map[string]string{"env.proxy.port": "080", "env.proxy.on": "1", "env.x": "1"},
	})
	want := map[string]string{"env.proxy.port": "80", "env.proxy.on": "true", "env.x": "1"}
	if !maps.Equal(config.Options, want) {
		t.Errorf("got %v", config.Options)
	}
}

func TestEndpointRules(t *testing.T) {
	required := &EndpointRules{Use: EndpointRequired, Schemes: []string{"unix", "tcp"}}
	for _, one := range []struct {
		rules    *EndpointRules
		endpoint string
		want     string
	}{
		{required, "", "ENDPOINT_REQUIRED endpoint"},
		{required, "unix:///a", ""},
		{required, "ssh://me:secret@host", "ENDPOINT_INVALID endpoint"},
		{&EndpointRules{Use: EndpointForbidden}, "unix:///a", "ENDPOINT_FORBIDDEN endpoint"},
		{nil, "anything", ""},
	} {
		_, found := check(&Descriptor{Endpoint: one.rules}, &NodeConfig{Endpoint: one.endpoint})
		if got := strings.Join(reported(found), " "); got != one.want || strings.Contains(fmt.Sprint(found), "secret") {
			t.Errorf("%q: got %v", one.endpoint, found)
		}
	}
	_, found := check(&Descriptor{Endpoint: required}, &NodeConfig{})
	if remedy := found[0].Remedy; remedy != "Set the endpoint, beginning with unix:// or tcp://." {
		t.Errorf("the remedy is %q", remedy)
	}
}

func TestDaemonFiles(t *testing.T) {
	toml := "[registry.\"docker.io\"]\nca = [\"certs/ca.pem\", \"/etc/ca.pem\", \"present.pem\"]\n"
	files := map[string][]byte{"buildkitd.toml": []byte(toml), "../x": nil, "present.pem": nil}
	given := &NodeConfig{DaemonFiles: files, DaemonFlags: []string{"--debug"}}
	able := &Descriptor{Capabilities: []*Capability{{Id: DaemonConfig}, {Id: DaemonFlags}}}
	_, found := check(able, given)
	want := []string{
		"DAEMON_FILE_PATH_INVALID daemon_files[../x]", "DAEMON_FILE_MISSING daemon_files[buildkitd.toml]",
		"DAEMON_FILE_ELSEWHERE daemon_files[buildkitd.toml]",
	}
	if !slices.Equal(reported(found), want) || isError(found[2]) {
		t.Errorf("got %v", reported(found))
	}
	files["buildkitd.toml"] = []byte("debug = true\nroot = [")
	if _, found = check(able, given); !strings.Contains(found[1].Message, "line 2, column ") {
		t.Errorf("got %v", found)
	}
	if _, found = check(&Descriptor{}, given); len(found) != 4 || found[0].Reason != "DAEMON_FLAGS_UNSUPPORTED" {
		t.Errorf("got %v", reported(found))
	}
}

func TestInvalidDescriptors(t *testing.T) {
	for want, drivers := range map[string][]Driver{
		`"Fake" is not`:            {fake{descriptor: &Descriptor{Name: "Fake"}}},
		"two drivers":              {fake{descriptor: &Descriptor{Name: "a"}}, fake{descriptor: &Descriptor{Name: "a"}}},
		"its normal form is 1m30s": {fake{descriptor: &Descriptor{Name: "a", Options: []*Option{{Name: "t", Type: Duration, DefaultValue: "90s"}}}}},
		"lacks its method":         {fake{descriptor: &Descriptor{Name: "a", Capabilities: []*Capability{{Id: "builders.stop"}}}}},
	} {
		if _, err := newDrivers(drivers, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

type engine struct {
	policyv1.UnimplementedPolicyServiceServer
	languages []string
}

func (e engine) Languages() []string { return e.languages }

func TestInvalidPlugins(t *testing.T) {
	for want, plugin := range map[string]Plugin{
		"needs a driver or a policy engine": {},
		"at least one language":             {Policies: engine{}},
		`"Re go" is not the language`:       {Policies: engine{languages: []string{"rego", "Re go"}}},
		"two drivers":                       {Drivers: []Driver{fake{descriptor: &Descriptor{Name: "a"}}, fake{descriptor: &Descriptor{Name: "a"}}}},
	} {
		if _, err := plugin.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := (Plugin{Policies: engine{languages: []string{"rego"}}}).check(); err != nil {
		t.Error(err)
	}
}

func TestLargeErrors(t *testing.T) {
	long := strings.Repeat("línea de registro\n", 2000)
	failure := &Error{Code: codes.Unavailable, Reason: "BUILDKITD_FAILED", Message: long, Remedy: long}
	for range 100 {
		failure.Fields = append(failure.Fields, Field{Path: "config.options[x]", Message: long, Reason: "OPTION_INVALID"})
	}
	made := failure.GRPCStatus()
	if size := wireBytes(made); size > maxErrorBytes || size < maxErrorBytes/2 {
		t.Errorf("it has %d bytes", size)
	}
	if !strings.HasSuffix(made.Message(), "…") || len(made.Details()) != 3 {
		t.Errorf("it became %v", made)
	}
	short := Errorf(codes.NotFound, "X_MISSING", "It is missing: %w.", context.Canceled).WithRemedy("Make %s.", "it")
	if short.Error() != "It is missing: context canceled." || short.Unwrap() == nil || short.Remedy != "Make it." {
		t.Errorf("got %#v", short)
	}
}
