package driver

import (
	"context"
	"testing"

	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// upgraded is a driver whose option "size" was "memory" in version 1.
type upgraded struct{ fake }

func (upgraded) UpgradeConfig(_ context.Context, check *Check, _ int32) {
	options := check.Config.Options
	if options["memory"] == "none" {
		check.Errorf("options[memory]", "MEMORY_GONE", "", "A node needs memory.")
		return
	}
	options["size"] = options["memory"]
	delete(options, "memory")
	check.Config.Node = "other"
	check.Warnf("options[size]", "OPTION_RENAMED", "", "The option memory is now size.")
}

var second = &Descriptor{Name: "fake", ConfigVersion: 2, Options: []*Option{
	{Name: "size", Type: Bytes}, {Name: "network", Type: String, DefaultValue: "host"},
}}

func upgrade(t *testing.T, memory string, from int32) (*driverv1.UpgradeConfigResponse, error) {
	old := &NodeConfig{Builder: "b", Node: "n0", Options: map[string]string{"memory": memory}}
	return client(t, upgraded{fake{descriptor: second}}).UpgradeConfig(context.Background(),
		&driverv1.UpgradeConfigRequest{Driver: "fake", Config: old, FromVersion: from})
}

func TestUpgradeConfig(t *testing.T) {
	answer, err := upgrade(t, "2k", 1)
	if err != nil {
		t.Fatal(err)
	}
	config := answer.GetConfig()
	if config.GetNode() != "n0" || config.GetBuilder() != "b" || len(config.Options) != 2 ||
		config.Options["size"] != "2048" || config.Options["network"] != "host" {
		t.Errorf("got %v", answer)
	}
	if len(answer.Diagnostics) != 1 || answer.Diagnostics[0].Reason != "OPTION_RENAMED" {
		t.Errorf("got %v", answer.Diagnostics)
	}
	for memory, reason := range map[string]string{"none": "MEMORY_GONE", "heaps": "OPTION_INVALID"} {
		answer, err := upgrade(t, memory, 1)
		if err != nil || answer.Config != nil || answer.Diagnostics[len(answer.Diagnostics)-1].Reason == "OPTION_RENAMED" {
			t.Errorf("%s: got %v, %v; want %s", memory, answer, err, reason)
		}
	}
	for _, from := range []int32{-1, 0, 2, 3} {
		if _, err := upgrade(t, "2k", from); reasonOf(err) != "InvalidArgument CONFIG_VERSION_INVALID" {
			t.Errorf("from version %d: %v", from, err)
		}
	}
}

func TestVersionAndUpgradeBelongTogether(t *testing.T) {
	for _, one := range []Driver{fake{descriptor: second}, upgraded{fake{descriptor: &Descriptor{Name: "fake"}}}} {
		if _, err := newDrivers([]Driver{one}, nil); err == nil {
			t.Errorf("%T is accepted", one)
		}
	}
}
