// Package statefile keeps the bot's memory in a file, so a restarted bot continues where it was.
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

const format = bot.Format // the memory's format too; Open reads older formats, and puts newer ones aside

// A File holds the memory of the bot of one process type of one app. Calls of Save must not overlap.
type File struct {
	path             string
	app, processType string
	log              *slog.Logger
	last             []byte // the file's content, nil if unknown
	unread           bool   // the content could not be read yet, so Save must not replace it
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

// Open reads the file at path, which need not exist. An invalid file is renamed, with .unreadable appended, and the
// memory is then empty. A file that cannot be read or written is not an error: Open logs it, [File.Warnings] reports
// it, Save tries again, and [File.RecallTo] delivers the memory later. The file of another app or process type is an
// error.
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
	err = f.Save(m) // finds out whether the file is writable
	f.unread = f.last == nil && !found
	return f, m, err
}

// RecallTo registers a function that receives the file's memory once, if Open could not read it and a later Save can.
// The call comes from its own goroutine. RecallTo must be called before Save.
func (f *File) RecallTo(tell func(bot.Memory)) { f.recall = tell }

var errReading = errors.New("read the state file")

// Check returns why the file at path cannot be used, nil if it can. It changes nothing.
func Check(path, app, processType string) error {
	f := &File{path: path, app: app, processType: processType}
	if _, err := f.load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("not writable: %w", err)
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
		return c, fmt.Errorf("unknown format %d: must be 1–%d", c.Format, format)
	}
	if c.App != f.app || c.ProcessType != f.processType {
		return c, foreign(fmt.Sprintf("%s is the state of %s of %s, not of %s of %s. Use one file for each bot",
			f.path, c.ProcessType, c.App, f.processType, f.app))
	}
	return c, nil
}

// found is false if there is no file, or an invalid one, which is put aside. The error is errReading if the file cannot
// be read.
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
		f.log.Warn("the state file is invalid, and cannot be renamed", "file", f.path, "error",
			errors.Join(why, err))
		return
	}
	f.note(fmt.Sprintf("the state file was invalid, so the bot started without its former state: %v. The file is "+
		"now %s", why, aside))
	f.log.Warn("the state file is invalid, so the bot starts without its former state", "kept_aside", aside, "error",
		why)
}

// Reading from a pipe would block forever, so only a regular file is opened.
func notFile(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s must be a regular file, is %v", path, info.Mode().Type())
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Save replaces the content of the file with m, unless m has not changed. After a failure or a crash the file still
// holds the old content. A failed write is not an error: Save logs the first one, and the next Save tries again. An
// error means that m has no JSON form.
func (f *File) Save(m bot.Memory) error {
	text, err := json.MarshalIndent(content{format, f.app, f.processType, m}, "", "\t")
	if err != nil {
		return fmt.Errorf("write the bot's state: %w", err)
	}
	if f.last != nil && !exists(f.path) {
		f.last = nil
		f.note(fmt.Sprintf("the state file %s was deleted while the bot ran. The bot wrote it again at %s", f.path,
			time.Now().UTC().Format(time.RFC3339)))
		f.log.Warn("the state file was deleted while the bot ran; writing it again", "file", f.path)
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
			go f.recall(former) // merges the two and saves the result
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
		f.log.Warn("the state file cannot be written; trying again at each heartbeat. Until then a restart "+
			"begins with "+
			"the old state", "file", f.path, "error", err)
	case err == nil && f.failed != "":
		f.log.Warn("the state file can be written again", "file", f.path)
	}
	f.failed = ""
	if err != nil {
		f.failed = err.Error()
	}
}

// Warnings returns sentences about problems with the file, for the page and the status.
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

// The text is on the disk before the rename, so a crash cannot leave an empty file.
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
