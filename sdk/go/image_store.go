package driver

import "context"

// ImageStorer is implemented by a driver with an image store, for the capability "image-store". The result of any build,
// whichever driver built it, can then be loaded into the store.
type ImageStorer interface {
	// ImageStore returns the store; one of the same type for the life of the process.
	ImageStore() ImageStore
}

// ImageStore stores images, for example in a Docker Engine. The SDK calls its methods concurrently, each with the store that
// it is about. Names of images can be in any form: the SDK gives the host the full one.
//
// A method fails with an [Error]: UNAVAILABLE when the store cannot be reached.
type ImageStore interface {
	// Describe says which archives the store accepts, and has its name for people.
	Describe(ctx context.Context, store *StoreRef) (*StoreDescription, error)
	// Load imports an archive and returns the names of its images, or the ids of those without a name; at least one. The
	// store reads the archive, or has it sent to its server. Both fail when the host cancels the call; no tag may change
	// then, nor when the archive is incomplete. The host shows how much is sent, so report only other steps.
	Load(ctx context.Context, store *StoreRef, archive *SentArchive) (names []string, err error)
	// Save gives images as one archive, by names or ids: it writes the archive, or has it fetched from its server. An absent
	// image is NOT_FOUND, before the first byte.
	Save(ctx context.Context, store *StoreRef, names []string, archive *ReceivedArchive) error
	// Push pushes an image to its registry, and returns the digest of its manifest there. An absent image is NOT_FOUND.
	Push(ctx context.Context, store *StoreRef, push *Push) (digest string, err error)
	// List lists the images with a name or id, or all if it is empty. The SDK makes the pages.
	List(ctx context.Context, store *StoreRef, name string) ([]*StoredImage, error)
	// Remove removes one image, by its name or id; with force even if other names or containers use it. Removing an absent
	// image is not an error.
	Remove(ctx context.Context, store *StoreRef, name string, force bool) error
}

// LayerFinder is implemented by an [ImageStore] that can load an image without the layers that it has, for the capability
// "image-store.layers".
type LayerFinder interface {
	// FindLayers returns those of the layers that the store has. The archive for Load then has their names, but not their
	// content. Leave out a layer in doubt. A store that accepts OCI layouts looks for digests of blobs, others for chain IDs.
	FindLayers(ctx context.Context, store *StoreRef, layers []*Layer) ([]*Layer, error)
}

// Push is a push of one image. Its steps are shown to the user.
type Push struct {
	// Name is the image's name, with its registry and tag.
	Name string
	// Credential is the login for the registry, for this push only; nil means anonymous.
	Credential *RegistryCredential
	steps
}
