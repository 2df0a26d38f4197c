package driver

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

var driverNames = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// drivers are the drivers of a plugin.
type drivers struct {
	byName map[string]AnyDriver
	// native are those that build by themselves.
	native      map[string]NativeDriver
	descriptors []*Descriptor
}

// newDrivers checks the descriptors, so that a plugin fails at its start and not in a call.
func newDrivers(leading []Driver, native []NativeDriver) (*drivers, error) {
	made := &drivers{byName: map[string]AnyDriver{}, native: map[string]NativeDriver{}}
	for _, one := range leading {
		if err := made.add(one, false); err != nil {
			return nil, err
		}
	}
	for _, one := range native {
		if err := made.add(one, true); err != nil {
			return nil, err
		}
		made.native[one.Descriptor().Name] = one
	}
	return made, nil
}

func (d *drivers) add(one AnyDriver, isNative bool) error {
	descriptor := one.Descriptor()
	name := descriptor.GetName()
	if !driverNames.MatchString(name) {
		return fmt.Errorf("%q is not a driver name: use lower case letters, digits and dashes", name)
	}
	if d.byName[name] != nil {
		return fmt.Errorf("two drivers have the name %s", name)
	}
	for _, option := range descriptor.Options {
		if option.DefaultValue == "" {
			continue
		}
		normal, err := normalForm(option, option.DefaultValue)
		if err == nil && normal != option.DefaultValue {
			err = fmt.Errorf("its normal form is %s", normal)
		}
		if err != nil {
			return fmt.Errorf("the default of the option %s of the driver %s cannot be used: %w", option.Name, name, err)
		}
	}
	if err := checkVersion(one, descriptor); err != nil {
		return err
	}
	if isNative != (descriptor.NativeBuild != nil) {
		return fmt.Errorf("the driver %s must have both or neither of NativeBuild in its descriptor and a place in NativeDrivers", name)
	}
	complete, err := completeDescriptor(one, descriptor, isNative)
	if err != nil {
		return err
	}
	d.byName[name] = one
	d.descriptors = append(d.descriptors, complete)
	return nil
}

// completeDescriptor adds the capabilities that the driver's methods show.
func completeDescriptor(one AnyDriver, descriptor *Descriptor, isNative bool) (*Descriptor, error) {
	complete := proto.Clone(descriptor).(*Descriptor)
	_, stops := one.(Stopper)
	_, lists := one.(ImplicitLister)
	storer, stores := one.(ImageStorer)
	findsLayers := false
	if stores {
		_, findsLayers = storer.ImageStore().(LayerFinder)
	}
	for id, implemented := range map[string]bool{
		stopBuilders: stops, implicitBuilders: lists, imageStore: stores, imageStoreLayers: findsLayers,
		nativeBuild: isNative, tunnelBytes: !isNative,
	} {
		if listed := hasCapability(complete.Capabilities, id); listed && !implemented {
			return nil, fmt.Errorf("the driver %s lists the capability %s and lacks its method", complete.Name, id)
		} else if implemented && !listed {
			complete.Capabilities = append(complete.Capabilities, &Capability{Id: id})
		}
	}
	slices.SortFunc(complete.Capabilities, func(a, b *Capability) int { return strings.Compare(a.Id, b.Id) })
	return complete, nil
}

// get finds a driver by its name.
func (d *drivers) get(name string) (AnyDriver, error) {
	if found := d.byName[name]; found != nil {
		return found, nil
	}
	known := strings.Join(slices.Sorted(maps.Keys(d.byName)), ", ")
	return nil, Errorf(codes.NotFound, "DRIVER_UNKNOWN", "This plugin has no driver %q, only %s.", name, known)
}

// node finds the driver of a call, and returns the node's configuration in normal form.
func (d *drivers) node(ctx context.Context, name string, given *NodeConfig) (AnyDriver, *Config, error) {
	found, err := d.get(name)
	if err != nil {
		return nil, nil, err
	}
	if given == nil {
		return nil, nil, configMissing()
	}
	config, diagnostics := Validate(ctx, found, given, nil)
	return found, config, refused(diagnostics)
}

func configMissing() *Error {
	return invalidRequest("config", "CONFIG_MISSING", "The node's configuration is missing.")
}

// invalidRequest is INVALID_ARGUMENT about one field of a request.
func invalidRequest(field, reason, message string) *Error {
	return &Error{
		Code: codes.InvalidArgument, Reason: reason, Message: message,
		Fields: []Field{{Path: field, Message: message, Reason: reason}},
	}
}

// capabilityMissing is UNIMPLEMENTED for a call that the driver does not implement.
func capabilityMissing(driver, call, id string) *Error {
	missing := Errorf(codes.Unimplemented, "CAPABILITY_MISSING",
		"The driver %s does not implement %s: it lacks the capability %s.", driver, call, id)
	missing.Metadata = map[string]string{"capability": id}
	return missing
}
