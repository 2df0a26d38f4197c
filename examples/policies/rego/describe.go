package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/docker/buildx/policy"
	gateway "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	policyv1 "slipway.dev/driver/gen/slipway/policy/v1"
)

// Describe returns what policies see of a source, with the fields that are asked for.
func (e *engine) Describe(ctx context.Context, request *policyv1.DescribeRequest) (*policyv1.DescribeResponse, error) {
	check, err := checkRequest(request.GetSource())
	if err != nil {
		return nil, err
	}
	platform, err := parsePlatform(request.GetSource().GetPlatform())
	if err != nil {
		return nil, err
	}
	var wanted *pb.Platform
	if platform != nil {
		wanted = toPlatform(platform)
	}
	known := newBridge(request.GetResolved())
	resolver, err := known.resolver(ctx)
	if err != nil {
		return nil, err
	}
	input, err := policy.SourceToInput(ctx, e.verifier, check.Source, platform, nil)
	if err != nil {
		return nil, invalid(err)
	}
	source := check.Source.Source
	looked := map[string]bool{}
	for {
		unknown := unknownFields(input)
		var fields []string
		for _, field := range request.GetFields() {
			// What was looked up and is still unknown is not there.
			if found := within(field, unknown); found != "" && !looked[found] {
				looked[found] = true
				fields = append(fields, found)
			}
		}
		if len(fields) == 0 {
			return describe(input, request.GetFields(), looked)
		}
		_, next, err := policy.ResolveInputUnknowns(ctx, &input, source, fields, wanted, platform, resolver, e.verifier, nil)
		if err == nil && next != nil {
			var response *gateway.ResolveSourceMetaResponse
			if response, err = known.resolve(ctx, source, next, platform); err == nil {
				input, err = policy.SourceToInput(ctx, e.verifier, response, platform, nil)
			}
		}
		if known.wanted != nil {
			return &policyv1.DescribeResponse{Result: &policyv1.DescribeResponse_MetadataRequest{MetadataRequest: known.wanted}}, nil
		}
		if err != nil {
			return nil, invalid(err)
		}
	}
}

func describe(input policy.Input, fields []string, looked map[string]bool) (*policyv1.DescribeResponse, error) {
	unknown := unknownFields(input)
	withoutDepth(&input)
	text, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	var values any
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	description := &policyv1.Description{Input: string(text)}
	for _, field := range fields {
		wasLooked := slices.ContainsFunc(prefixes(field), func(prefix string) bool { return looked[prefix] })
		if within(field, unknown) == "" && !wasLooked && !has(values, field) {
			description.InvalidFields = append(description.InvalidFields, field)
		}
	}
	for _, field := range unknown {
		if len(fields) == 0 {
			field = summary(field)
		} else if !slices.ContainsFunc(fields, func(one string) bool { return within(one, []string{field}) != "" }) {
			continue
		}
		if !slices.Contains(description.UnresolvedFields, field) {
			description.UnresolvedFields = append(description.UnresolvedFields, field)
		}
	}
	slices.Sort(description.UnresolvedFields)
	return &policyv1.DescribeResponse{Result: &policyv1.DescribeResponse_Description{Description: description}}, nil
}

func unknownFields(input policy.Input) []string {
	fields := input.Unknowns()
	for index, field := range fields {
		fields[index] = strings.TrimPrefix(field, "input.")
	}
	return fields
}

// within returns the longest of some fields that is a field or holds it; empty when none does.
func within(field string, fields []string) string {
	for _, prefix := range prefixes(field) {
		if slices.Contains(fields, prefix) {
			return prefix
		}
	}
	return ""
}

// prefixes are a field and the fields that hold it, the longest first.
func prefixes(field string) []string {
	all := []string{field}
	for at := len(field) - 1; at > 0; at-- {
		if field[at] == '.' || field[at] == '[' {
			all = append(all, field[:at])
		}
	}
	return all
}

// has tells whether a JSON value has a field.
func has(value any, field string) bool {
	for _, name := range strings.Split(field, ".") {
		object, _ := value.(map[string]any)
		inner, ok := object[name]
		if !ok {
			return false
		}
		value = inner
	}
	return true
}

// summary shortens a field for people: the materials of a provenance are many.
func summary(field string) string {
	if before, _, ok := strings.Cut(field, ".materials["); ok {
		return before + ".materials"
	}
	return strings.Join(strings.SplitN(field, ".", 3)[:min(2, strings.Count(field, ".")+1)], ".")
}

// withoutDepth clears what buildx uses internally, as buildx does when it prints an input.
func withoutDepth(input *policy.Input) {
	input.Env.Depth = 0
	if input.Image == nil || input.Image.Provenance == nil {
		return
	}
	for index := range input.Image.Provenance.Materials {
		withoutDepth(&input.Image.Provenance.Materials[index])
	}
}
