package slipway

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Page is the answer of a list method.
type Page interface {
	GetNextPageToken() string
}

// Pages calls a list method until its last page, and yields the answers. It ends after the first error.
//
//	for page, err := range slipway.Pages(ctx, client.Builds.ListBuilds, &slipwayv1.ListBuildsRequest{}) { … }
func Pages[Q proto.Message, A Page](
	ctx context.Context,
	list func(context.Context, Q, ...grpc.CallOption) (A, error),
	request Q,
) iter.Seq2[A, error] {
	return func(yield func(A, error) bool) {
		next := proto.Clone(request).(Q)
		token := next.ProtoReflect().Descriptor().Fields().ByName("page_token")
		for {
			answer, err := list(ctx, next)
			if !yield(answer, typed(err)) || err != nil || answer.GetNextPageToken() == "" {
				return
			}
			next.ProtoReflect().Set(token, protoreflect.ValueOfString(answer.GetNextPageToken()))
		}
	}
}
