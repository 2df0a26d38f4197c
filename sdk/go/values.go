package driver

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	commonv1 "slipway.dev/client/gen/slipway/common/v1"
)

var (
	integers   = regexp.MustCompile(`^[+-]?\d+$`)
	sizes      = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$`)
	quantities = regexp.MustCompile(`^[+-]?(?:\d+\.?\d*|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$`)
)

// maxSafeBytes is the largest number of bytes that every language represents exactly.
const maxSafeBytes = 1<<53 - 1

// normalForm reads the value of an option. The error is a clause: "expected …".
func normalForm(option *Option, value string) (string, error) {
	switch option.Type {
	case commonv1.OptionType_OPTION_TYPE_BOOL:
		read, err := strconv.ParseBool(value)
		if err != nil {
			return "", errors.New("expected true or false")
		}
		return strconv.FormatBool(read), nil
	case commonv1.OptionType_OPTION_TYPE_INT:
		return integer(value)
	case commonv1.OptionType_OPTION_TYPE_BYTES:
		return byteCount(value)
	case commonv1.OptionType_OPTION_TYPE_DURATION:
		read, err := time.ParseDuration(value)
		if err != nil {
			return "", errors.New(`expected a duration such as "1m30s"`)
		}
		return read.String(), nil
	case commonv1.OptionType_OPTION_TYPE_QUANTITY:
		if !quantities.MatchString(value) {
			return "", errors.New(`expected a quantity such as "500m" or "2Gi"`)
		}
	case commonv1.OptionType_OPTION_TYPE_ENUM:
		if !slices.Contains(option.AllowedValues, value) {
			return "", fmt.Errorf("expected one of %s", strings.Join(option.AllowedValues, ", "))
		}
	case commonv1.OptionType_OPTION_TYPE_PATH:
		if !filepath.IsAbs(value) {
			return "", errors.New("expected an absolute path")
		}
		if strings.ContainsRune(value, 0) {
			return "", errors.New("a path cannot contain a zero byte")
		}
		return filepath.Clean(value), nil
	case commonv1.OptionType_OPTION_TYPE_MAP:
		pairs, err := parseMap(value)
		var parts []string
		for _, pair := range pairs {
			parts = append(parts, pair[0]+"="+pair[1])
		}
		return strings.Join(parts, ","), err
	}
	return value, nil
}

func integer(value string) (string, error) {
	if !integers.MatchString(value) {
		return "", errors.New("expected a whole number")
	}
	read, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return "", errors.New("the number is too large")
	}
	return strconv.FormatInt(read, 10), nil
}

func byteCount(value string) (string, error) {
	parts := sizes.FindStringSubmatch(value)
	if parts == nil {
		return "", errors.New(`expected a number of bytes such as "512m" or "2g"`)
	}
	number, _ := strconv.ParseFloat(parts[1], 64)
	power := strings.Index("kmgtp", strings.ToLower(parts[2])) + 1
	if parts[2] == "" {
		power = 0
	}
	read := math.Floor(number * math.Pow(1024, float64(power)))
	if read > maxSafeBytes {
		return "", errors.New("the number of bytes is too large")
	}
	return strconv.FormatInt(int64(read), 10), nil
}

// parseMap reads key=value pairs separated by commas, in their order.
func parseMap(value string) ([][2]string, error) {
	var pairs [][2]string
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(value, ",") {
		key, item, found := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		if !found || key == "" {
			return nil, errors.New("expected key=value pairs separated by commas")
		}
		if seen[key] {
			return nil, fmt.Errorf("the key %s is given twice", key)
		}
		seen[key] = true
		pairs = append(pairs, [2]string{key, strings.TrimSpace(item)})
	}
	return pairs, nil
}
