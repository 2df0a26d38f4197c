package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/buildx/policy"
	"github.com/docker/buildx/util/confutil"
	gateway "github.com/moby/buildkit/frontend/gateway/pb"
	sourcepolicy "github.com/moby/buildkit/sourcepolicy/pb"
	"github.com/moby/buildkit/sourcepolicy/policysession"
	"github.com/sirupsen/logrus"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	driver "slipway.dev/driver"
	policyv1 "slipway.dev/driver/gen/slipway/policy/v1"
)

// invalidArgument is the code of what callers did wrong.
const invalidArgument = codes.InvalidArgument

// engine evaluates policies in Rego. Between calls it keeps what verifies signatures, and which files it has parsed.
type engine struct {
	verifier policy.PolicyVerifierProvider
	parsed   parsed
}

// newEngine makes an engine that keeps the roots of trust for signatures in the user's cache folder.
func newEngine() (*engine, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	config := confutil.NewConfig(nil, confutil.WithDir(filepath.Join(cache, "slipway-rego")))
	return &engine{verifier: policy.SignatureVerifier(config)}, nil
}

func (*engine) Languages() []string { return []string{"rego"} }

func (e *engine) Evaluate(ctx context.Context, request *policyv1.EvaluateRequest) (*policyv1.EvaluateResponse, error) {
	check, err := checkRequest(request.GetSource())
	if err != nil {
		return nil, err
	}
	var callbacks []policysession.PolicyCallback
	for _, one := range request.GetPolicies() {
		files := make([]policy.File, 0, len(one.GetFiles()))
		for _, file := range one.GetFiles() {
			if err := e.parsed.check(file); err != nil {
				return nil, invalid(err)
			}
			files = append(files, policy.File{Filename: file.GetName(), Data: file.GetContent()})
		}
		callbacks = append(callbacks, policy.NewPolicy(policy.Opt{
			Files:            files,
			Env:              environment(request.GetBuild()),
			Log:              logLine,
			VerifierProvider: e.verifier,
		}).CheckPolicy)
	}
	decision, metadata, err := policy.MultiPolicyCallback(callbacks...)(ctx, check)
	if err != nil {
		return nil, invalid(err)
	}
	if metadata != nil {
		bytes, err := proto.Marshal(metadata)
		return &policyv1.EvaluateResponse{Result: &policyv1.EvaluateResponse_MetadataRequest{MetadataRequest: bytes}}, err
	}
	return &policyv1.EvaluateResponse{Result: &policyv1.EvaluateResponse_Decision{Decision: toDecision(decision)}}, nil
}

// checkRequest is the question as BuildKit asks it.
func checkRequest(source *policyv1.Source) (*policysession.CheckPolicyRequest, error) {
	check := &policysession.CheckPolicyRequest{Source: &gateway.ResolveSourceMetaResponse{}}
	if err := proto.Unmarshal(source.GetMetadata(), check.Source); err != nil {
		return nil, driver.Errorf(invalidArgument, "METADATA_INVALID", "The metadata of the source cannot be read: %s", err)
	}
	platform, err := parsePlatform(source.GetPlatform())
	if platform != nil {
		check.Platform = toPlatform(platform)
	}
	return check, err
}

// environment is what a policy sees as input.env.
func environment(build *policyv1.BuildFacts) policy.Env {
	args := map[string]*string{}
	for name, value := range build.GetArgs() {
		args[name] = &value
	}
	return policy.Env{Args: args, Labels: build.GetLabels(), Filename: build.GetDockerfile(), Target: build.GetTarget()}
}

func toDecision(given *policysession.DecisionResponse) *policyv1.Decision {
	decision := &policyv1.Decision{Allowed: given.GetAction() != sourcepolicy.PolicyAction_DENY}
	for _, deny := range given.GetDenyMessages() {
		decision.Messages = append(decision.Messages, deny.GetMessage())
	}
	if update := given.GetUpdate(); update != nil {
		decision.Replacement = &policyv1.Source{Identifier: update.GetIdentifier(), Attributes: update.GetAttrs()}
	}
	return decision
}

// logLine writes what a policy prints to the log of the host.
func logLine(level logrus.Level, message string) {
	if level == logrus.DebugLevel {
		slog.Debug(message)
		return
	}
	slog.Info(message)
}

// invalid is the error of a policy that cannot be evaluated.
func invalid(err error) error {
	return driver.Errorf(invalidArgument, "POLICY_INVALID", "The policy cannot be evaluated: %s.",
		strings.TrimSuffix(err.Error(), "."))
}
