package driver

import (
	"context"
	"fmt"
	"regexp"

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
