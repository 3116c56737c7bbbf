package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// openPast opens the history that the settings name for a command. Where that is a file it must be there, unless create
// is set.
func openPast(cmd *cobra.Command, create bool) (db *history.DB, s *settings.Settings, err error) {
	s, err = settings.LoadAdmin()
	if err != nil {
		return nil, nil, err
	}
	url, _ := s.HistoryURL()
	if url == "" || url == history.Memory {
		return nil, nil, settings.Problems{{
			Name: "HISTORY",
			What: "is kept nowhere that outlasts the bot, so there is nothing to read; set sqlite:PATH, or " +
				"DATABASE_URL",
		}}
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		_, err := os.Stat(path)
		if create {
			err = os.MkdirAll(filepath.Dir(path), 0o700)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("open the history: %w; is HISTORY the running bot's, and HEROKU_APP_NAME?", err)
		}
	}
	db, err = service.OpenHistory(cmd.Context(), s,
		service.NewHost(settings.Defaults(), cmd.OutOrStdout(), cmd.ErrOrStderr()), false)
	return db, s, err
}

func closePast(cmd *cobra.Command, db *history.DB, err *error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), service.OpenTime)
	defer cancel()
	*err = errors.Join(*err, db.Close(ctx))
}
