package slack_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/slack-go/slack/slacktest"
)

type file struct {
	title, alt, channel, thread string
	png                         []byte
}

// Files are posted in three steps: files.getUploadURLExternal, a POST to the URL that it returns, and
// files.completeUploadExternal.
type files struct {
	api func() string

	mu     sync.Mutex
	steps  []string // in order
	begun  map[string]*begun
	posted []file
	answer map[string]http.HandlerFunc // by step; nil = as Slack does
}

// A file before the last step.
type begun struct {
	file
	length int
}

// by path
const (
	begin    = "/files.getUploadURLExternal"
	upload   = "/upload/"
	complete = "/files.completeUploadExternal"
)

func (f *files) refuse(step, code string) {
	f.set(step, func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": code, "needed": "files:write", "provided": "chat:write"})
	})
}

func (f *files) set(step string, answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer[step] = answer
}

func (f *files) taken() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.steps)
}

func (f *files) arrived() []file {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.posted)
}

func (f *files) serve(t *testing.T, c slacktest.Customize) {
	f.begun, f.answer = map[string]*begun{}, map[string]http.HandlerFunc{}
	for step, do := range map[string]func(*http.Request) (any, error){begin: f.begin, upload: f.upload, complete: f.complete} {
		c.Handle(step, func(w http.ResponseWriter, r *http.Request) {
			f.mu.Lock()
			f.steps = append(f.steps, strings.Trim(step, "/"))
			answer := f.answer[step]
			f.mu.Unlock()
			if answer != nil {
				answer(w, r)
				return
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			said, err := do(r)
			if err != nil {
				t.Errorf("%s: %v", step, err)
				said = map[string]any{"ok": false, "error": "invalid_arguments"}
			}
			if text, ok := said.(string); ok {
				_, _ = io.WriteString(w, text)
				return
			}
			_ = json.NewEncoder(w).Encode(said)
		})
	}
}

func (f *files) begin(r *http.Request) (any, error) {
	length, err := strconv.Atoi(r.FormValue("length"))
	if err != nil || length <= 0 || r.FormValue("filename") != "picture.png" || r.FormValue("token") != token {
		return nil, fmt.Errorf("the form is %v", r.Form)
	}
	id := fmt.Sprint("F", len(f.begun)+1)
	f.begun[id] = &begun{file{alt: r.FormValue("alt_txt")}, length}
	return map[string]any{"ok": true, "upload_url": strings.TrimSuffix(f.api(), "/") + upload + id + "/s3cr3t", "file_id": id}, nil
}

func (f *files) upload(r *http.Request) (any, error) {
	id, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, upload), "/")
	up := f.begun[id]
	if up == nil || key != "s3cr3t" || r.Method != http.MethodPost {
		return nil, fmt.Errorf("%s %s", r.Method, r.URL.Path)
	}
	part, header, err := r.FormFile("file")
	if err != nil {
		return nil, err
	}
	defer part.Close()
	up.png, err = io.ReadAll(part)
	if err != nil || len(up.png) != up.length || header.Filename != "picture.png" {
		return nil, fmt.Errorf("%d bytes of %s, but %d were announced: %w", len(up.png), header.Filename, up.length, err)
	}
	return fmt.Sprint("OK - ", len(up.png)), nil
}

func (f *files) complete(r *http.Request) (any, error) {
	var named []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(r.FormValue("files")), &named); err != nil || len(named) != 1 || r.FormValue("token") != token {
		return nil, fmt.Errorf("the form is %v, %w", r.Form, err)
	}
	up := f.begun[named[0].ID]
	// Unlike chat.postMessage, it accepts no channel name.
	if up == nil || up.png == nil || r.FormValue("channel_id") != "C1" {
		return nil, fmt.Errorf("the form is %v", r.Form)
	}
	up.title, up.channel, up.thread = named[0].Title, r.FormValue("channel_id"), r.FormValue("thread_ts")
	f.posted = append(f.posted, up.file)
	return map[string]any{"ok": true, "files": []map[string]string{{"id": named[0].ID, "title": up.title}}}, nil
}
