package driver

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	commonv1 "slipway.dev/client/gen/slipway/common/v1"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

func (s imageStores) LoadImage(
	stream grpc.BidiStreamingServer[driverv1.LoadImageRequest, driverv1.LoadImageResponse],
) error {
	ctx := stream.Context()
	requests := receive(ctx, stream.Recv)
	first, err := requests.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	store, err := s.find(first.GetStore(), "LoadImage")
	if err != nil {
		return err
	}
	send := serially(stream.Send)
	transfer, end := s.transfer(ctx, answersIn(requests), func(transfer *driverv1.ArchiveTransfer) error {
		return send(&driverv1.LoadImageResponse{Event: &driverv1.LoadImageResponse_Transfer{Transfer: transfer}})
	})
	defer end()
	archive := &SentArchive{transfer: transfer, requests: requests}
	archive.report = func(progress *commonv1.Progress) {
		send(&driverv1.LoadImageResponse{Event: &driverv1.LoadImageResponse_Progress{Progress: progress}})
	}
	loaded := &driverv1.LoadedImages{}
	if err := archive.run(func() (err error) {
		loaded.Names, err = store.Load(ctx, first.GetStore(), archive)
		return err
	}); err != nil {
		return err
	}
	loaded.Names = fullNames(loaded.Names)
	return send(&driverv1.LoadImageResponse{Event: &driverv1.LoadImageResponse_Loaded{Loaded: loaded}})
}

func (s imageStores) SaveImage(
	stream grpc.BidiStreamingServer[driverv1.SaveImageRequest, driverv1.SaveImageResponse],
) error {
	ctx := stream.Context()
	requests := receive(ctx, stream.Recv)
	first, err := requests.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	images := first.GetImages()
	store, err := s.find(images.GetStore(), "SaveImage")
	if err != nil {
		return err
	}
	transfer, end := s.transfer(ctx, answersIn(requests), func(transfer *driverv1.ArchiveTransfer) error {
		return stream.Send(&driverv1.SaveImageResponse{Event: &driverv1.SaveImageResponse_Transfer{Transfer: transfer}})
	})
	defer end()
	archive := newReceivedArchive(transfer, func(chunk []byte) error {
		return stream.Send(&driverv1.SaveImageResponse{Event: &driverv1.SaveImageResponse_Data{Data: chunk}})
	})
	if err := store.Save(ctx, images.Store, images.Names, archive); err != nil {
		return err
	}
	return archive.chunks.Flush()
}

// transfer makes the transfer of a call. The returned function ends it.
func (s imageStores) transfer(
	ctx context.Context,
	next func() (*driverv1.HttpAnswer, error),
	tell func(*driverv1.ArchiveTransfer) error,
) (*archiveTransfer, func()) {
	ctx, cancel := context.WithCancel(ctx)
	relay := newRelay(ctx, s.leases.socketPath("archive"), connectionLost)
	return &archiveTransfer{ctx: ctx, relay: relay, next: next, tell: tell}, func() {
		cancel()
		relay.wait()
	}
}

// answersIn returns a function that takes the parts of an answer from the requests of a call.
func answersIn[Request interface{ GetAnswer() *driverv1.HttpAnswer }](
	requests *requests[Request],
) func() (*driverv1.HttpAnswer, error) {
	return func() (*driverv1.HttpAnswer, error) {
		request, err := requests.next()
		if err != nil {
			return nil, err
		}
		if answer := request.GetAnswer(); answer != nil {
			return answer, nil
		}
		return nil, transferIncomplete("A request has no part of the answer.")
	}
}
