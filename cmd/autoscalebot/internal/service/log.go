package service

import (
	"io"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newLog(s *settings.Settings, w io.Writer, terminal bool) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of four valid words
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
	zapLevel := map[slog.Level]zapcore.Level{
		slog.LevelDebug: zapcore.DebugLevel, slog.LevelInfo: zapcore.InfoLevel,
		slog.LevelWarn: zapcore.WarnLevel, slog.LevelError: zapcore.ErrorLevel,
	}[level]
	return slog.New(zapslog.NewHandler(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), zapLevel)))
}
