package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing/fstest"

	"github.com/docker/buildx/policy"
	gateway "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	policyv1 "slipway.dev/driver/gen/slipway/policy/v1"
)

// testFolder is where the tests are among the files of a policy.
const testFolder = "tests"

// Test runs the tests of a policy.
func (e *engine) Test(ctx context.Context, request *policyv1.TestRequest) (*policyv1.TestResponse, error) {
	files := fstest.MapFS{}
	for _, file := range request.GetPolicy().GetFiles() {
		files[file.GetName()] = &fstest.MapFile{Data: file.GetContent()}
	}
	for _, file := range request.GetTests() {
		files[testFolder+"/"+file.GetName()] = &fstest.MapFile{Data: file.GetContent()}
	}
	platform, err := parsePlatform(request.GetPlatform())
	if err != nil {
		return nil, err
	}
	known := newBridge(request.GetResolved())
	wantsPlatform := false
	main := request.GetPolicy().GetFiles()[0].GetName()
	summary, err := policy.RunPolicyTests(ctx, testFolder, policy.TestOptions{
		Run:      request.GetRun(),
		Filename: strings.TrimSuffix(main, ".rego"),
		Root:     files,
		Provider: &policy.TestOptionsProvider{
			Resolve: func(
				ctx context.Context, source *pb.SourceOp, request *gateway.ResolveSourceMetaRequest,
			) (*gateway.ResolveSourceMetaResponse, error) {
				return known.resolve(ctx, source, request, platform)
			},
			Platform: func(context.Context) (*ocispecs.Platform, error) {
				if platform == nil {
					wantsPlatform = true
					return nil, errUnresolved
				}
				return platform, nil
			},
			VerifierProvider: e.verifier,
		},
	})
	switch {
	case wantsPlatform:
		wanted := &policyv1.DefaultPlatformRequest{}
		return &policyv1.TestResponse{Result: &policyv1.TestResponse_PlatformRequest{PlatformRequest: wanted}}, nil
	case known.wanted != nil:
		return &policyv1.TestResponse{Result: &policyv1.TestResponse_MetadataRequest{MetadataRequest: known.wanted}}, nil
	case err != nil:
		return nil, invalid(err)
	}
	results := &policyv1.TestResults{}
	for _, one := range summary.Results {
		result := &policyv1.TestResult{
			Name:           one.Name,
			Passed:         one.Passed,
			Allowed:        one.Allow,
			Messages:       one.DenyMessages,
			NeededMetadata: one.MetadataNeeded,
		}
		for _, field := range one.MissingInput {
			result.MissingFields = append(result.MissingFields, "input."+field)
		}
		if result.Input, err = toJSON(one.Input, one.Input == nil); err != nil {
			return nil, err
		}
		if result.Decision, err = toJSON(one.Decision, one.Decision == nil); err != nil {
			return nil, err
		}
		results.Tests = append(results.Tests, result)
	}
	return &policyv1.TestResponse{Result: &policyv1.TestResponse_Results{Results: results}}, nil
}

func toJSON(value any, isAbsent bool) (string, error) {
	if isAbsent {
		return "", nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}
