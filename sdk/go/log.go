package driver

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// timestampFormat has exactly six fractional digits, as hclog requires.
const timestampFormat = "2006-01-02T15:04:05.000000Z"

// newLogger returns a logger that writes hclog's JSON: one object a line, whose values are strings.
func newLogger(module string, out io.Writer) *slog.Logger {
	handler := slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: hclogAttribute})
	return slog.New(handler).With("@module", module)
}

func hclogAttribute(groups []string, attribute slog.Attr) slog.Attr {
	value := attribute.Value.Resolve()
	if len(groups) == 0 {
		switch attribute.Key {
		case slog.TimeKey:
			return slog.String("@timestamp", value.Time().UTC().Format(timestampFormat))
		case slog.LevelKey:
			return slog.String("@level", levelName(value.Any().(slog.Level)))
		case slog.MessageKey:
			return slog.String("@message", value.String())
		}
	}
	if value.Kind() == slog.KindGroup || value.Kind() == slog.KindString {
		return slog.Attr{Key: attribute.Key, Value: value}
	}
	return slog.String(attribute.Key, strings.TrimSpace(fmt.Sprint(value.Any())))
}

func levelName(level slog.Level) string {
	switch {
	case level < slog.LevelDebug:
		return "trace"
	case level < slog.LevelInfo:
		return "debug"
	case level < slog.LevelWarn:
		return "info"
	case level < slog.LevelError:
		return "warn"
	}
	return "error"
}
