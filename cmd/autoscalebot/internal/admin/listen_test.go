//go:build unix

package admin_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestSocketIsForItsUserOnly(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "bot.sock")
	l, err := admin.ListenSocket(path)
	must(t, err)
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("the socket's mode is %v, %v", info.Mode(), err)
	}
	if _, err := admin.ListenSocket(path); err == nil || !strings.Contains(err.Error(), "another bot already listens on "+path) {
		t.Errorf("a second bot is told: %v", err)
	}
	if conn, err := net.Dial("unix", path); err != nil {
		t.Errorf("after a second bot came, the first does not answer: %v", err)
	} else {
		conn.Close()
	}
	l.Close()
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("after it was closed, %v is left", left)
	}
}

func TestSocketThatAKilledBotLeftIsReplaced(t *testing.T) {
	path := filepath.Join(folder(t), "bot.sock")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(t, err)
	old.SetUnlinkOnClose(false)
	old.Close()
	l, err := admin.ListenSocket(path)
	must(t, err)
	defer l.Close()
	if conn, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
}

func TestSocketLeavesOthersAlone(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "precious")
	must(t, os.WriteFile(path, []byte("data"), 0o600))
	if _, err := admin.ListenSocket(path); err == nil || err.Error() != path+" exists and is not a socket. Set ADMIN_SOCKET to another path" {
		t.Errorf("error is %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "data" {
		t.Error("the file is gone")
	}
	if _, err := admin.ListenSocket(filepath.Join(dir, "no", "folder", "bot.sock")); err == nil {
		t.Error("a socket was made in no folder")
	}
	long := filepath.Join(dir, strings.Repeat("x", 100))
	if _, err := admin.ListenSocket(long); err == nil || !strings.Contains(err.Error(), "too long for a socket's path") {
		t.Errorf("error is %v", err)
	}
	// A listener does not remove a socket that replaced its own.
	mine := filepath.Join(dir, "bot.sock")
	l, err := admin.ListenSocket(mine)
	must(t, err)
	must(t, os.Rename(path, mine))
	l.Close()
	if text, _ := os.ReadFile(mine); string(text) != "data" {
		t.Error("a file that stood in the socket's place is gone")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v is left", left)
	}
}

func TestServeEndsThoughSomebodyHangs(t *testing.T) {
	path := filepath.Join(folder(t), "bot.sock")
	l, err := admin.ListenSocket(path)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		admin.New(admin.Options{}).Serve(ctx, l)
		close(done)
	}()
	conn, err := net.Dial("unix", path)
	must(t, err)
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /v1/pause HTTP/1.1\r\nHost: bot\r\nExpect: 100-continue\r\nContent-Length: 99\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil { // the server asks for the body: the handler has begun
		t.Fatal(err)
	}
	begin := time.Now()
	cancel()
	<-done
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it ended after %v, want about 1 s", took)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is left")
	}
	_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is left open")
	}
}

func TestClientSaysWhatIsWrong(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "bot.sock")
	if _, err := (admin.Client{Socket: path}).Status(t.Context()); err == nil ||
		!strings.HasPrefix(err.Error(), "the bot does not answer at "+path+": is it running? Run this command on the bot's machine, ") {
		t.Errorf("where nobody listens, the error is %v", err)
	}
	if _, err := (admin.Client{Addr: "127.0.0.1:1", Token: token}).Status(t.Context()); err == nil ||
		!strings.HasPrefix(err.Error(), "the bot does not answer at 127.0.0.1:1: ") || strings.Contains(err.Error(), token) {
		t.Errorf("where nobody listens, the error is %v", err)
	}
	serve(t, path, http.NotFoundHandler())
	if _, err := (admin.Client{Socket: path}).Status(t.Context()); err == nil ||
		err.Error() != "the program at "+path+" answered 404 Not Found: it is not an autoscalebot" {
		t.Errorf("where something else listens, the error is %v", err)
	}
}

// A folder that another user can change is refused; a missing folder is created for this user alone.
func TestSocketWantsAFolderOfItsOwn(t *testing.T) {
	dir := folder(t)
	own := filepath.Join(dir, "own")
	l, err := admin.ListenSocket(filepath.Join(own, "bot.sock"))
	must(t, err)
	l.Close()
	if info, err := os.Stat(own); err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}
	open := filepath.Join(dir, "open")
	must(t, errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o777)))
	if _, err := admin.ListenSocket(filepath.Join(open, "bot.sock")); err == nil || !strings.Contains(err.Error(), "all users can write to the folder "+open) {
		t.Errorf("in a folder for everybody the error is %v", err)
	}
	must(t, os.Chmod(open, 0o777|os.ModeSticky))
	if l, err = admin.ListenSocket(filepath.Join(open, "bot.sock")); err != nil {
		t.Errorf("in a folder like /tmp the error is %v", err)
	} else {
		l.Close()
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, to give the folder to another user")
	}
	must(t, os.Chown(open, 65002, 65002))
	if _, err := admin.ListenSocket(filepath.Join(open, "bot.sock")); err == nil || !strings.Contains(err.Error(), "65002") {
		t.Errorf("in another user's folder the error is %v", err)
	}
}

// The texts of an answer cannot control the terminal, even if another program sends it.
func TestAnswersArePrintable(t *testing.T) {
	path := filepath.Join(folder(t), "bot.sock")
	status := http.StatusOK
	serve(t, path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"app": "a\u001b[2J\u0007\u009b31mb\u202ec\r", "version": "1", "error": "\u001b]0;x\u0007 no"}`)
	}))
	st, err := (admin.Client{Socket: path}).Status(t.Context())
	if want := "a\ufffd[2J\ufffd\ufffd31mb\ufffdc\ufffd"; err != nil || st.App != want {
		t.Errorf("the app is %q, %v, want %q", st.App, err, want)
	}
	status = http.StatusConflict
	if _, err := (admin.Client{Socket: path}).Status(t.Context()); err == nil || strings.ContainsAny(err.Error(), "\x1b\x07") {
		t.Errorf("the error is %q", err)
	}
}

// The texts of a history that others can write to cannot control it either.
func TestRecordsOfAHistoryArePrintable(t *testing.T) {
	db, err := history.Open(t.Context(), history.Options{URL: history.Memory, App: "shop", ProcessType: "web"})
	must(t, err)
	defer db.Close(t.Context())
	at := time.Now()
	want := record.Record{App: "shop", ProcessType: "web", Time: at, Readings: []probe.Reading{{Time: at, Outcome: probe.BadAnswer, Error: "\x1b]0;owned\x07"}}}
	must(t, errors.Join(db.Record(t.Context(), want), db.Flush(t.Context())))
	got, err := (admin.Client{History: db}).Records(t.Context(), 9)
	if err != nil || len(got) != 1 || len(got[0].Readings) != 1 || got[0].Readings[0].Error != "\ufffd]0;owned\ufffd" {
		t.Errorf("the records are %+v, %v", got, err)
	}
}

// Network connections that occupy the server, from any addresses, do not block the socket.
func TestTheSocketIsNotKeptBusyOverTheNetwork(t *testing.T) {
	w := open(t, nil)
	for i := range 200 {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i%4))}}
		c, err := d.DialContext(t.Context(), "tcp", w.addr)
		if err != nil {
			t.Skipf("this machine has one address: %v", err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "POST /v1/scale HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n\r\n"); err != nil {
			continue // refused
		}
	}
	full := func() bool { // no further network client gets an answer
		resp, err := dialer("", w.addr).RoundTrip(&http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: "bot", Path: "/v1/status"}})
		if err == nil {
			resp.Body.Close()
		}
		return err != nil
	}
	for until := time.Now().Add(5 * time.Second); !full() && time.Now().Before(until); {
	}
	for range 5 {
		if _, err := w.client.Status(t.Context()); err != nil {
			t.Errorf("who asks over the socket hears: %v", err)
		}
	}
}
