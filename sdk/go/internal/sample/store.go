package main

import (
	"context"
	"os"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
	"slipway.dev/driver"
)

const (
	// folderVariable has the folder of the store.
	folderVariable = "SAMPLE_STORE"
	// serverVariable has the archives travel by HTTP: "direct" or "relayed".
	serverVariable = "SAMPLE_SERVER"
)

// store is an image store: a folder with an OCI layout.
type store struct{}

func layoutOf(ref *driver.StoreRef) (layout, error) {
	folder := ref.Environment[folderVariable]
	if _, err := os.Stat(folder); err != nil {
		return "", driver.Errorf(codes.Unavailable, "STORE_UNREACHABLE", "The store cannot be reached: %w.", err)
	}
	return layout(folder), nil
}

func (store) Describe(_ context.Context, ref *driver.StoreRef) (*driver.StoreDescription, error) {
	_, err := layoutOf(ref)
	return &driver.StoreDescription{Oci: true, Description: "A folder"}, err
}

func (store) Load(_ context.Context, ref *driver.StoreRef, archive *driver.SentArchive) ([]string, error) {
	folder, err := layoutOf(ref)
	if err != nil {
		return nil, err
	}
	defer archive.Step("load", "loading into "+string(folder)).End(nil)
	if way := ref.Environment[serverVariable]; way != "" {
		return serverOf(way).load(folder, archive)
	}
	return folder.load(archive)
}

func (store) Save(
	_ context.Context, ref *driver.StoreRef, names []string, archive *driver.ReceivedArchive,
) error {
	folder, err := layoutOf(ref)
	if err != nil {
		return err
	}
	if way := ref.Environment[serverVariable]; way != "" {
		return serverOf(way).save(folder, names, archive)
	}
	return folder.save(names, archive)
}

func (store) FindLayers(_ context.Context, ref *driver.StoreRef, layers []*driver.Layer) ([]*driver.Layer, error) {
	folder, err := layoutOf(ref)
	return slices.DeleteFunc(slices.Clone(layers), func(one *driver.Layer) bool { return !folder.has(one.Digest) }), err
}

func (store) Push(_ context.Context, ref *driver.StoreRef, push *driver.Push) (string, error) {
	folder, err := layoutOf(ref)
	if err == nil {
		_, err = folder.find([]string{push.Name})
	}
	if err != nil {
		return "", err
	}
	return "", driver.Errorf(codes.FailedPrecondition, "PUSH_UNSUPPORTED", "A folder does not push.")
}

func (store) List(_ context.Context, ref *driver.StoreRef, name string) ([]*driver.StoredImage, error) {
	folder, err := layoutOf(ref)
	if err != nil {
		return nil, err
	}
	index, err := folder.index()
	var images []*driver.StoredImage
	for _, one := range index.Manifests {
		if name != "" && name != one.name() && name != one.Digest {
			continue
		}
		info, err := os.Stat(folder.blob(one.Digest))
		if err != nil {
			return nil, err
		}
		images = append(images, &driver.StoredImage{
			Id: one.Digest, Names: []string{one.name()}, SizeBytes: one.Size, CreateTime: timestamppb.New(info.ModTime()),
		})
	}
	return images, err
}

func (store) Remove(_ context.Context, ref *driver.StoreRef, name string, _ bool) error {
	folder, err := layoutOf(ref)
	if err != nil {
		return err
	}
	return folder.change(func(index *index) {
		index.Manifests = slices.DeleteFunc(index.Manifests, func(one descriptor) bool {
			return name == one.name() || name == one.Digest
		})
	})
}
