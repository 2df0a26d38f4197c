package driver

import (
	"context"
	"fmt"
	"regexp"

	"google.golang.org/grpc/codes"
	commonv1 "slipway.dev/client/gen/slipway/common/v1"
	policyv1 "slipway.dev/driver/gen/slipway/policy/v1"
)

// PolicyEngine decides what builds may take from elsewhere.
type PolicyEngine interface {
	// Languages are those of the policies that it evaluates: endings of file names, such as "rego"; at least one.
	Languages() []string
	// Evaluate decides about one source, or asks for metadata of it. It has no effect, and the same answer each time. Its
	// error for a policy that has errors is INVALID_ARGUMENT, reason POLICY_INVALID.
	Evaluate(ctx context.Context, request *policyv1.EvaluateRequest) (*policyv1.EvaluateResponse, error)
}

// PolicyDescriber is a PolicyEngine that also says what policies see of a source: the capability "policies.describe".
type PolicyDescriber interface {
	PolicyEngine
	// Describe returns the input of policies for a source, or asks for metadata. It has no effect.
	Describe(ctx context.Context, request *policyv1.DescribeRequest) (*policyv1.DescribeResponse, error)
}

// PolicyTester is a PolicyEngine that also runs the tests of policies: the capability "policies.test".
type PolicyTester interface {
	PolicyEngine
	// Test runs tests, or asks for what they need. It has no effect. Its error for a policy or tests that have errors is
	// INVALID_ARGUMENT, reason POLICY_INVALID.
	Test(ctx context.Context, request *policyv1.TestRequest) (*policyv1.TestResponse, error)
}

const (
	describesPolicies = "policies.describe"
	testsPolicies     = "policies.test"
)

// policyCapabilities are what an engine can do beyond Evaluate.
func policyCapabilities(engine PolicyEngine) []*commonv1.Capability {
	var capabilities []*commonv1.Capability
	if _, ok := engine.(PolicyDescriber); ok {
		capabilities = append(capabilities, &commonv1.Capability{Id: describesPolicies})
	}
	if _, ok := engine.(PolicyTester); ok {
		capabilities = append(capabilities, &commonv1.Capability{Id: testsPolicies})
	}
	return capabilities
}

var policyLanguages = regexp.MustCompile(`^[a-z0-9]+$`)

// checkPolicyEngine checks the languages, so that a plugin fails at its start and not in a call.
func checkPolicyEngine(engine PolicyEngine) error {
	languages := engine.Languages()
	if len(languages) == 0 {
		return fmt.Errorf("a policy engine needs at least one language")
	}
	for _, language := range languages {
		if !policyLanguages.MatchString(language) {
			return fmt.Errorf("%q is not the language of policies: use lower case letters and digits", language)
		}
	}
	return nil
}

// policies is PolicyService of a plugin's engine.
type policies struct {
	policyv1.UnimplementedPolicyServiceServer
	engine PolicyEngine
}

func (p policies) Evaluate(
	ctx context.Context, request *policyv1.EvaluateRequest,
) (*policyv1.EvaluateResponse, error) {
	return p.engine.Evaluate(ctx, request)
}

func (p policies) Describe(
	ctx context.Context, request *policyv1.DescribeRequest,
) (*policyv1.DescribeResponse, error) {
	describer, ok := p.engine.(PolicyDescriber)
	if !ok {
		return nil, policyCapabilityMissing("Describe", describesPolicies)
	}
	return describer.Describe(ctx, request)
}

func (p policies) Test(ctx context.Context, request *policyv1.TestRequest) (*policyv1.TestResponse, error) {
	tester, ok := p.engine.(PolicyTester)
	if !ok {
		return nil, policyCapabilityMissing("Test", testsPolicies)
	}
	return tester.Test(ctx, request)
}

func policyCapabilityMissing(call, capability string) error {
	missing := Errorf(codes.Unimplemented, "CAPABILITY_MISSING",
		"The policy engine does not implement %s: it lacks the capability %s.", call, capability)
	missing.Metadata = map[string]string{"capability": capability}
	return missing
}
