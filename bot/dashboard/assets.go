package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

const assetsPath = "/assets/" // followed by the file's hash, a slash and its name

//go:embed assets/*.css assets/*.js assets/*.svg
var assetFiles embed.FS

type assets struct {
	files map[string]asset  // by "hash/name"
	at    map[string]string // paths by name
}

type asset struct {
	kind, tag   string
	plain, gzip []byte
}

func loadAssets(below string) (assets, error) {
	files, err := squeezed()
	a := assets{files: files, at: map[string]string{}}
	for key := range files {
		a.at[path.Base(key)] = below + key
	}
	return a, err
}

// Compressing takes a few milliseconds, and all pages share the files.
var squeezed = sync.OnceValues(func() (map[string]asset, error) {
	files := map[string]asset{}
	names, err := fs.Glob(assetFiles, "assets/*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		plain, err := assetFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(plain)
		tag := hex.EncodeToString(sum[:8])
		files[tag+"/"+path.Base(name)] = asset{kind: kindOf(name), tag: `"` + tag + `"`, plain: plain, gzip: squeeze(plain)}
	}
	return files, nil
})

// The system's table of media types may differ.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func squeeze(plain []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is valid
	}
	_, _ = z.Write(plain) // a buffer never fails
	_ = z.Close()
	return b.Bytes()
}

// An asset's path changes with its content, so browsers may cache it forever. It is public.
func (d *Dashboard) asset(w http.ResponseWriter, r *http.Request, key string) {
	f, ok := d.assets.files[key]
	switch {
	case !ok:
		d.refuse(w, r, http.StatusNotFound, "page not found")
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		d.refuse(w, r, http.StatusMethodNotAllowed, "method not allowed")
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", f.tag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.kind)
	body := f.plain
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	_, _ = w.Write(body) // fails if the client has disconnected
}

func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(quality, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.0")
		}
	}
	return false
}
