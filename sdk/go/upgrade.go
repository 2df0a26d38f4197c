package driver

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// Upgrader is implemented by a driver whose Descriptor.ConfigVersion is above 1.
type Upgrader interface {
	// UpgradeConfig changes check.Config from the normal form of an earlier version into a configuration that the driver
	// accepts now, and reports what the user should know about it. It uses no backend. The SDK then makes the normal form.
	// The version is at least 1, and below Descriptor.ConfigVersion.
	UpgradeConfig(ctx context.Context, check *Check, fromVersion int32)
}

// checkVersion refuses a driver with later versions of its configuration that cannot upgrade earlier ones.
func checkVersion(one AnyDriver, descriptor *Descriptor) error {
	if _, upgrades := one.(Upgrader); upgrades == (configVersion(descriptor) > 1) {
		return nil
	}
	return fmt.Errorf("the driver %s must have both or neither of a ConfigVersion above 1 and UpgradeConfig", descriptor.Name)
}

// configVersion is the version of a driver's configuration.
func configVersion(descriptor *Descriptor) int32 { return max(descriptor.ConfigVersion, 1) }

func (s *service) UpgradeConfig(
	ctx context.Context, request *driverv1.UpgradeConfigRequest,
) (*driverv1.UpgradeConfigResponse, error) {
	driver, err := s.drivers.get(request.Driver)
	if err != nil {
		return nil, err
	}
	given, from := request.Config, request.FromVersion
	if given == nil {
		return nil, configMissing()
	}
	if version := configVersion(driver.Descriptor()); from < 1 || from >= version {
		message := fmt.Sprintf("The configuration of the driver %s has version %d, so it cannot be upgraded from version %d.",
			request.Driver, version, from)
		return nil, invalidRequest("from_version", "CONFIG_VERSION_INVALID", message)
	}
	check := &Check{Config: &Config{proto.Clone(given).(*NodeConfig)}}
	driver.(Upgrader).UpgradeConfig(ctx, check, from)
	check.Config.Builder, check.Config.Node = given.Builder, given.Node
	config, found := Validate(ctx, driver, check.Config.NodeConfig, nil)
	response := &driverv1.UpgradeConfigResponse{Diagnostics: slices.Concat(check.found, found)}
	if config != nil && !slices.ContainsFunc(check.found, isError) {
		response.Config = config.NodeConfig
	}
	return response, nil
}
