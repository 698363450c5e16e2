package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// archiveFile says of a run directory that it is archived. It is there before anything
// goes: a run is whole, or it is archived.
const archiveFile = "archived.json"

// resultFile is what a run means.
const resultFile = "result.json"

// goes is what an archived run lacks, of itself and of its parts.
var goes = []string{"pcap", "probes"}

// Archived is archived.json.
type Archived struct {
	At     time.Time `json:"at"`
	Gone   []Gone    `json:"gone"`
	Result string    `json:"result_sha256"` // digest of result.json, which is all that can be told of the samples any more
}

// Gone is a directory that went.
type Gone struct {
	Dir   string `json:"dir"` // below the run's
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
}

func (a Archived) String() string {
	files, bytes := 0, int64(0)
	for _, g := range a.Gone {
		files, bytes = files+g.Files, bytes+g.Bytes
	}
	return fmt.Sprintf("it was archived on %s: its probes and captures are gone (%d files, %s)", a.At.Format(time.DateOnly), files, Size(bytes))
}

// ReadArchived says how the run of the directory was archived; nil: it was not.
func ReadArchived(dir string) (*Archived, error) {
	file := filepath.Join(dir, archiveFile)
	text, err := ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var a Archived
	if err := Decode(file, text, &a); err != nil {
		return nil, err
	}
	digest, err := resultDigest(dir)
	if err == nil && digest != a.Result {
		err = fmt.Errorf("%s is damaged: it was changed since the run was archived", filepath.Join(dir, resultFile))
	}
	return &a, err
}

func resultDigest(dir string) (string, error) {
	text, err := ReadFile(filepath.Join(dir, resultFile))
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// Archivable lists what would go of a run.
func Archivable(dir string, run Run) (gone []Gone, err error) {
	dirs := append([]string(nil), goes...)
	for _, part := range run.Parts {
		for _, name := range goes {
			dirs = append(dirs, filepath.Join(PartDir("", part), name))
		}
	}
	for _, name := range dirs {
		g := Gone{Dir: filepath.ToSlash(name)}
		err := filepath.WalkDir(filepath.Join(dir, name), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				g.Files, g.Bytes = g.Files+1, g.Bytes+info.Size()
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if g.Files > 0 {
			gone = append(gone, g)
		}
	}
	return gone, nil
}

// Archive says that the run is archived, and then removes what goes. result.json must be
// what the run means. Of a run that is archived it removes what an archiving that was
// killed has left.
func Archive(dir string, run Run, at time.Time) error {
	known, err := ReadArchived(dir)
	if err != nil {
		return err
	}
	gone, err := Archivable(dir, run)
	if err == nil && known == nil {
		err = sealArchive(dir, Archived{At: at.UTC(), Gone: gone})
	}
	for _, g := range gone {
		if err == nil {
			err = os.RemoveAll(filepath.Join(dir, filepath.FromSlash(g.Dir)))
		}
	}
	return err
}

func sealArchive(dir string, a Archived) (err error) {
	if a.Result, err = resultDigest(dir); err != nil {
		return err
	}
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", archiveFile, err)
	}
	return ReplaceFile(filepath.Join(dir, archiveFile), append(text, '\n'))
}
