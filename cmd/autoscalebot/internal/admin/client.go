package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/schedule"
)

const (
	askTime   = 10 * time.Second // for one request
	maxAnswer = 16 << 20         // bytes; Kept records need far less
)

// A Client sends requests to a running bot. It needs one of Socket, Addr and History. If several are set, it uses Addr,
// then History, then Socket.
type Client struct {
	// Socket is the path of the bot's Unix socket.
	Socket string
	// Addr is the host and port of the bot's ADMIN_ADDR. Token is its ADMIN_TOKEN.
	Addr, Token string
	// History is the bot's history on a database server, which passes requests on. Who names the sender.
	History *history.DB
	Who     string
}

// Status returns the bot's status.
func (c Client) Status(ctx context.Context) (Status, error) {
	return c.change(ctx, http.MethodGet, "/v1/status", nil)
}

// Pause pauses scaling in a direction.
func (c Client) Pause(ctx context.Context, d bot.Direction, end End) (Status, error) {
	return c.change(ctx, http.MethodPost, "/v1/pause", pauseRequest{d, end.request()})
}

// Resume ends pauses in a direction, except those of the setting PAUSED.
func (c Client) Resume(ctx context.Context, d bot.Direction) (Status, error) {
	return c.change(ctx, http.MethodPost, "/v1/resume", resumeRequest{d})
}

// Scale starts an override: the bot keeps n dynos, inside the limits.
func (c Client) Scale(ctx context.Context, n int, end End) (Status, error) {
	return c.change(ctx, http.MethodPost, "/v1/scale", scaleRequest{&n, end.request()})
}

// EndOverride ends an override.
func (c Client) EndOverride(ctx context.Context) (Status, error) {
	return c.change(ctx, http.MethodDelete, "/v1/override", nil)
}

// OverrideLimits replaces the limits of the schedule from a moment, zero for now, until end, which must not be zero.
// Its duration begins at that moment.
func (c Client) OverrideLimits(ctx context.Context, l schedule.Limits, from time.Time, end End) (Status, error) {
	r := limitsRequest{Min: &l.Min, Max: &l.Max, endRequest: end.request()}
	if !from.IsZero() {
		r.From = from.Format(time.RFC3339Nano)
	}
	return c.change(ctx, http.MethodPost, "/v1/limits", r)
}

// EndLimits ends the override of the limits that begins at a moment, or all of them if from is zero.
func (c Client) EndLimits(ctx context.Context, from time.Time) (Status, error) {
	path := "/v1/limits"
	if !from.IsZero() {
		path += "?from=" + url.QueryEscape(from.Format(time.RFC3339Nano))
	}
	return c.change(ctx, http.MethodDelete, path, nil)
}

func (c Client) change(ctx context.Context, method, path string, body any) (st Status, err error) {
	err = c.do(ctx, method, path, body, &st)
	return st, err
}

func (c Client) do(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://bot"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Addr != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := (&http.Client{Transport: c.transport()}).Do(req)
	if err != nil {
		return c.unanswered(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return c.unanswered(err)
	}
	answer = printable(answer)
	if resp.StatusCode != http.StatusOK {
		var p problem
		if json.Unmarshal(answer, &p) != nil || p.Error == "" {
			return fmt.Errorf("%s answered %d %s: it is not an autoscalebot", c.where(), resp.StatusCode,
				http.StatusText(resp.StatusCode))
		}
		return &RefusedError{resp.StatusCode, p.Error}
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read the answer of %s: %w. Is the bot another version?", c.where(), err)
	}
	return nil
}

func (c Client) throughHistory() bool { return c.Addr == "" && c.History != nil }

func (c Client) transport() http.RoundTripper {
	if c.throughHistory() {
		return byHistory{c.History, c.Who}
	}
	return &http.Transport{DialContext: c.dial, DisableKeepAlives: true}
}

func (c Client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if c.Addr != "" {
		return (&net.Dialer{}).DialContext(ctx, "tcp", c.Addr)
	}
	return dialSocket(ctx, c.Socket)
}

func (c Client) where() string {
	switch {
	case c.Addr != "":
		return "the program at " + c.Addr
	case c.History != nil:
		return "the bot that keeps its history in " + c.History.Place()
	}
	return "the program at " + c.Socket
}

func (c Client) unanswered(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	switch {
	case c.Addr != "":
		return fmt.Errorf("the bot does not answer at %s: %w. Is it running, with this ADMIN_ADDR?", c.Addr, err)
	case errors.As(err, new(foreign)):
		return err
	case c.History != nil:
		return fmt.Errorf("the bot does not answer through its history in %s: %w", c.History.Place(), err)
	case errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("the bot does not answer at %s: is it running? Run this command on the bot's "+
			"machine, as the "+
			"bot's user, with the bot's HEROKU_APP_NAME or ADMIN_SOCKET", c.Socket)
	}
	return fmt.Errorf("the bot does not answer at %s: %w", c.Socket, err)
}
