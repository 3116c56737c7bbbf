// Package statefile keeps the bot's memory in a file, so that a restart goes on from where the bot was.
package statefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
)

const format = bot.Format // also that of the memory in the file; an older one is read, a newer one not

// A File is the memory of the bot of one process type of one app. Save is used by one bot at a time.
type File struct {
	path             string
	app, processType string
	log              *slog.Logger
	last             []byte // nil where not known
	unread           bool   // and so must not be replaced
	recall           func(bot.Memory)

	mu     sync.Mutex
	failed string
	notes  []string
}

type content struct {
	Format      int        `json:"format"`
	App         string     `json:"app"`
	ProcessType string     `json:"process_type"`
	Memory      bot.Memory `json:"memory"`
}

// Open reads the file at path, which need not exist yet. A file that cannot be understood is kept aside under the same
// name with .unreadable at its end, and the bot begins anew. That the file cannot be read or written is no error: it is
// tried again, see [File.RecallTo], the memory waits until then, and log and [File.Warnings] tell. It is an error when
// the file is another app's.
func Open(path, app, processType string, log *slog.Logger) (f *File, m bot.Memory, err error) {
	f = &File{path: path, app: app, processType: processType, log: log}
	m, found, err := f.read()
	switch {
	case errors.Is(err, errReading):
		f.unread = true
		f.tried(err)
		return f, bot.Memory{}, nil
	case err != nil:
		return nil, bot.Memory{}, err
	}
	err = f.Save(m) // which finds out whether it can be written
	f.unread = f.last == nil && !found
	return f, m, err
}

// RecallTo has tell called, from a goroutine of its own, with what the file holds where that could not be found at the
// start and can be now. It is to be called before Save.
func (f *File) RecallTo(tell func(bot.Memory)) { f.recall = tell }

var errReading = errors.New("read the state file")

// Check says why the file at path could not be used. It changes nothing.
func Check(path, app, processType string) error {
	f := &File{path: path, app: app, processType: processType}
	if _, err := f.load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("it cannot be written: %w", err)
	}
	return errors.Join(tmp.Close(), os.Remove(tmp.Name()))
}

type foreign string

func (f foreign) Error() string { return string(f) }

func (f *File) load() (c content, err error) {
	if err := notFile(f.path); err != nil {
		return c, fmt.Errorf("%w: %w", errReading, err)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return c, fmt.Errorf("%w: %w", errReading, err)
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&c); err != nil {
		return c, err
	}
	if c.Format < 1 || c.Format > format {
		return c, fmt.Errorf("it has format %d, want 1 to %d", c.Format, format)
	}
	if c.App != f.app || c.ProcessType != f.processType {
		return c, foreign(fmt.Sprintf("%s is the state of %s of %s, not of %s of %s; give each bot a file of its own",
			f.path, c.ProcessType, c.App, f.processType, f.app))
	}
	return c, nil
}

// found is false where there is no file, or one that cannot be understood and so is put aside. The error is
// errReading where it cannot be read.
func (f *File) read() (m bot.Memory, found bool, err error) {
	c, err := f.load()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bot.Memory{}, false, nil
	case errors.Is(err, errReading), errors.As(err, new(foreign)):
		return bot.Memory{}, false, err
	case err != nil:
		f.putAside(err)
		return bot.Memory{}, false, nil
	}
	return c.Memory, true, nil
}

func (f *File) putAside(why error) {
	aside := f.path + ".unreadable"
	for n := 2; exists(aside); n++ {
		aside = fmt.Sprintf("%s.unreadable-%d", f.path, n)
	}
	if err := os.Rename(f.path, aside); err != nil {
		f.log.Warn("the state file cannot be understood, and cannot be kept aside", "file", f.path, "error",
			errors.Join(why, err))
		return
	}
	f.note(fmt.Sprintf("the state file could not be understood and is kept as %s, so the bot began anew: %v", aside,
		why))
	f.log.Warn("the state file could not be understood, so the bot begins anew", "kept_aside", aside, "error", why)
}

// notFile says what stands at path instead of a file: a folder, a device, or a pipe, which would be waited for
// without end.
func notFile(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s must be a file, and is something else (%v)", path, info.Mode().Type())
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Save writes m in place of what the file held: whole, or after a failure or a crash not at all. Memory that has not
// changed is not written again. A failure is told once, and the next Save tries again; an error means that m has no
// JSON form.
func (f *File) Save(m bot.Memory) error {
	text, err := json.MarshalIndent(content{format, f.app, f.processType, m}, "", "\t")
	if err != nil {
		return fmt.Errorf("write the bot's state: %w", err)
	}
	if f.last != nil && !exists(f.path) {
		f.last = nil
		f.note(fmt.Sprintf("the state file %s was deleted at %s while the bot ran, and written anew", f.path,
			time.Now().UTC().Format(time.RFC3339)))
		f.log.Warn("the state file was deleted while the bot ran; it is written anew", "file", f.path)
	}
	if bytes.Equal(text, f.last) {
		return nil
	}
	if f.unread && exists(f.path) {
		former, found, err := f.read()
		if err != nil {
			f.tried(err)
			return nil
		}
		f.unread = false
		if found && f.recall != nil {
			go f.recall(former) // which saves what becomes of the two
			return nil
		}
	}
	if err = notFile(f.path); err == nil {
		err = replace(f.path, text)
	}
	if err == nil {
		f.last, f.unread = text, false
	}
	f.tried(err)
	return nil
}

func (f *File) tried(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil && f.failed == "":
		f.log.Warn("the state file cannot be written; it is tried again at each heartbeat, and a restart before that "+
			"begins with what it holds",
			"file", f.path, "error", err)
	case err == nil && f.failed != "":
		f.log.Warn("the state file can be written again", "file", f.path)
	}
	f.failed = ""
	if err != nil {
		f.failed = err.Error()
	}
}

// Warnings are sentences about the file that people should read.
func (f *File) Warnings() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := append([]string(nil), f.notes...)
	if f.failed != "" {
		all = append(all, "the state file cannot be written: "+f.failed)
	}
	return all
}

func (f *File) note(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notes = append(f.notes, text)
}

// replace makes sure that the text is on the disk before it takes path's place.
func replace(path string, text []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err == nil {
		syncDir(filepath.Dir(path))
	}
	return err
}

func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync()
}
