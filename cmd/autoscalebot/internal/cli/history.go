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

// readsHistory ends the help of the commands that read the history.
const readsHistory = `The command reads the history that the settings name (HISTORY, DATABASE_URL).
The bot does not have to be running.`

// A file must exist, unless create is set.
func openPast(cmd *cobra.Command, create bool) (db *history.DB, s *settings.Settings, err error) {
	s, err = settings.LoadAdmin()
	if err != nil {
		return nil, nil, err
	}
	url, _ := s.HistoryURL()
	if url == "" || url == history.Memory {
		return nil, nil, settings.Problems{{
			Name: "HISTORY",
			What: "is not a file or a database, so there is nothing to read. Set HISTORY=sqlite:PATH, or DATABASE_URL",
		}}
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		_, err := os.Stat(path)
		if create {
			err = os.MkdirAll(filepath.Dir(path), 0o700)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("open the history: %w. HISTORY and HEROKU_APP_NAME must be those of the "+
				"running bot", err)
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
