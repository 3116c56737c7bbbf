// Package statefile keeps the bot's memory in a file, so that a restart goes on from where the bot was.
package statefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/autoscalebot/autoscalebot/bot"
)

// format is the version of the file's form. A file of another version is not read.
const format = 1

// A File is the memory of the bot of one process type of one app. It is used by one bot at a time.
type File struct {
	path             string
	app, processType string
	last             []byte
}

// content is what stands in the file.
type content struct {
	Format      int        `json:"format"`
	App         string     `json:"app"`
	ProcessType string     `json:"process_type"`
	Memory      bot.Memory `json:"memory"`
}

// Open reads the file at path, which need not exist yet. What is there but cannot be understood is kept aside under the same
// name with .unreadable at its end, and the bot begins anew; aside is then that name. It is an error when the file cannot be
// read or written, or is another app's.
func Open(path, app, processType string) (f *File, m bot.Memory, aside string, err error) {
	f = &File{path: path, app: app, processType: processType}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, bot.Memory{}, "", f.Save(bot.Memory{}) // which finds out whether it can be written
	}
	if err != nil {
		return nil, bot.Memory{}, "", fmt.Errorf("read the bot's state: %w", err)
	}
	var c content
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&c); err != nil || c.Format != format {
		aside = path + ".unreadable"
		if err := os.Rename(path, aside); err != nil {
			return nil, bot.Memory{}, "", fmt.Errorf("keep a state file aside that cannot be understood: %w", err)
		}
		return f, bot.Memory{}, aside, f.Save(bot.Memory{})
	}
	if c.App != app || c.ProcessType != processType {
		return nil, bot.Memory{}, "", fmt.Errorf("%s is the state of %s of %s, not of %s of %s; give each bot a file of its own",
			path, c.ProcessType, c.App, processType, app)
	}
	return f, c.Memory, "", nil
}

// Save writes m in place of what the file held: whole, or after an error or a crash not at all. Memory that has not changed is
// not written again.
func (f *File) Save(m bot.Memory) error {
	text, err := json.MarshalIndent(content{format, f.app, f.processType, m}, "", "\t")
	if err != nil {
		return fmt.Errorf("write the bot's state: %w", err)
	}
	if bytes.Equal(text, f.last) {
		return nil
	}
	if err := replace(f.path, text); err != nil {
		return fmt.Errorf("write the bot's state: %w", err)
	}
	f.last = text
	return nil
}

// replace writes a file beside path, makes sure that it is on the disk, and puts it in path's place.
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

// syncDir makes the new name durable, on systems that can.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync()
}
