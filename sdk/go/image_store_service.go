package driver

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	commonv1 "slipway.dev/client/gen/slipway/common/v1"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// imageStores is ImageStoreService of a plugin's drivers.
type imageStores struct {
	driverv1.UnimplementedImageStoreServiceServer
	drivers *drivers
	leases  *leases
}

// find returns the store of a call.
func (s imageStores) find(store *StoreRef, call string) (ImageStore, error) {
	if store == nil {
		return nil, invalidRequest("store", "STORE_MISSING", "The image store is missing.")
	}
	driver, err := s.drivers.get(store.Driver)
	if err != nil {
		return nil, err
	}
	storer, ok := driver.(ImageStorer)
	if !ok {
		return nil, capabilityMissing(store.Driver, call, imageStore)
	}
	return storer.ImageStore(), nil
}

func (s imageStores) GetImageStore(
	ctx context.Context, request *driverv1.GetImageStoreRequest,
) (*driverv1.GetImageStoreResponse, error) {
	store, err := s.find(request.Store, "GetImageStore")
	if err != nil {
		return nil, err
	}
	return store.Describe(ctx, request.Store)
}

func (s imageStores) FindLayers(
	ctx context.Context, request *driverv1.FindLayersRequest,
) (*driverv1.FindLayersResponse, error) {
	store, err := s.find(request.Store, "FindLayers")
	if err != nil {
		return nil, err
	}
	finder, ok := store.(LayerFinder)
	if !ok {
		return nil, capabilityMissing(request.Store.Driver, "FindLayers", imageStoreLayers)
	}
	layers, err := finder.FindLayers(ctx, request.Store, request.Layers)
	return &driverv1.FindLayersResponse{Layers: layers}, err
}

func (s imageStores) PushImage(
	request *driverv1.PushImageRequest, stream grpc.ServerStreamingServer[driverv1.PushImageResponse],
) error {
	store, err := s.find(request.Store, "PushImage")
	if err != nil {
		return err
	}
	push := &Push{Name: request.Name, Credential: request.Credential}
	push.report = func(progress *commonv1.Progress) {
		stream.Send(&driverv1.PushImageResponse{Event: &driverv1.PushImageResponse_Progress{Progress: progress}})
	}
	pushed := &driverv1.PushedImage{}
	if err := push.run(func() (err error) {
		pushed.Digest, err = store.Push(stream.Context(), request.Store, push)
		return err
	}); err != nil {
		return err
	}
	return stream.Send(&driverv1.PushImageResponse{Event: &driverv1.PushImageResponse_Pushed{Pushed: pushed}})
}

func (s imageStores) ListImages(
	ctx context.Context, request *driverv1.ListImagesRequest,
) (*driverv1.ListImagesResponse, error) {
	store, err := s.find(request.Store, "ListImages")
	if err != nil {
		return nil, err
	}
	page, err := readPage(request)
	if err != nil {
		return nil, err
	}
	all, err := store.List(ctx, request.Store, request.Name)
	if err != nil {
		return nil, err
	}
	images, next := pageOf(page, all, (*StoredImage).GetId)
	response := &driverv1.ListImagesResponse{NextPageToken: next}
	for _, image := range images {
		full := proto.Clone(image).(*StoredImage)
		full.Names, full.RepoDigests = fullNames(image.Names), fullNames(image.RepoDigests)
		response.Images = append(response.Images, full)
	}
	return response, nil
}

func (s imageStores) RemoveImage(
	ctx context.Context, request *driverv1.RemoveImageRequest,
) (*driverv1.RemoveImageResponse, error) {
	store, err := s.find(request.Store, "RemoveImage")
	if err != nil {
		return nil, err
	}
	return &driverv1.RemoveImageResponse{}, store.Remove(ctx, request.Store, request.Name, request.Force)
}
