package driver

import (
	"strconv"
	"time"
)

// Config is the configuration of a node in normal form: every option is valid, and has its default if it has one.
type Config struct {
	*NodeConfig
}

// String returns the node's name; options may be secret.
func (c Config) String() string { return c.GetNode() }

// Bool returns the value of an option of the type [Bool]; false when it is not set.
func (c Config) Bool(option string) bool { return c.GetOptions()[option] == "true" }

// Int returns the value of an option of the type [Int] or [Bytes]; 0 when it is not set.
func (c Config) Int(option string) int64 {
	value, _ := strconv.ParseInt(c.GetOptions()[option], 10, 64)
	return value
}

// Duration returns the value of an option of the type [Duration]; 0 when it is not set.
func (c Config) Duration(option string) time.Duration {
	value, _ := time.ParseDuration(c.GetOptions()[option])
	return value
}

// Map returns the value of an option of the type [Map]; empty when it is not set.
func (c Config) Map(option string) map[string]string {
	pairs, _ := parseMap(c.GetOptions()[option])
	values := map[string]string{}
	for _, pair := range pairs {
		values[pair[0]] = pair[1]
	}
	return values
}
