package service

import (
	"io"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func levelOf(s *settings.Settings) (level slog.Level) {
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of four valid words
	return level
}

func newLog(s *settings.Settings, w io.Writer, terminal bool, level slog.Leveler) *slog.Logger {
	format := string(s.LogFormat)
	if format == "auto" {
		format = "logfmt"
		if terminal {
			format = "console"
		}
	}
	if format == "logfmt" { // which zap does not write
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
	}
	enc := zap.NewProductionEncoderConfig()
	enc.TimeKey, enc.EncodeTime = "time", zapcore.RFC3339TimeEncoder
	encoder := zapcore.NewJSONEncoder(enc)
	if format == "console" {
		enc.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05")
		enc.EncodeLevel = zapcore.CapitalLevelEncoder
		if terminal {
			enc.EncodeLevel = zapcore.CapitalColorLevelEncoder
		}
		enc.ConsoleSeparator = "  "
		encoder = zapcore.NewConsoleEncoder(enc)
	}
	// zap counts levels from -1 for debug, slog in fours.
	enabled := zap.LevelEnablerFunc(func(l zapcore.Level) bool { return slog.Level(4*l) >= level.Level() })
	return slog.New(zapslog.NewHandler(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), enabled)))
}
