package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

const runFile = "run.json"

// ReadRun reads run.json of the run directory path. Where the events have their
// end, that is compared with it.
func ReadRun(path string) (Run, error) {
	var run Run
	file := filepath.Join(path, runFile)
	data, err := ReadFile(file)
	if err != nil {
		return run, fmt.Errorf("%s is not a run directory: %w", path, err)
	}
	if err := Decode(file, data, &run); err != nil {
		return run, err
	}
	for i, name := range run.Parts {
		if slices.Contains(run.Parts[:i], name) {
			return run, fmt.Errorf("%s is damaged: the part %q is there twice", file, name)
		}
		if !filepath.IsLocal(name) || filepath.Base(name) != name {
			return run, fmt.Errorf("%s is damaged: the part %q is not below the run", file, name)
		}
	}
	end, err := ReadEnd(path)
	if errors.Is(err, fs.ErrNotExist) {
		return run, nil // there is no event at all
	}
	if err != nil || end == nil || end.Run == "" {
		return run, err
	}
	digest, err := runDigest(data)
	if err == nil && digest != end.Run {
		err = fmt.Errorf("%s is damaged: it was changed since the run ended", file)
	}
	return run, err
}

// calibrationField is what a report adds to run.json, from the events.
const calibrationField = "calibration"

// runDigest is that of run.json without its calibration, whatever stands between
// its values.
func runDigest(text []byte) (string, error) {
	sum := sha256.New()
	err := eachField(text, func(f field) error {
		if f.key == calibrationField {
			return nil
		}
		var value bytes.Buffer
		if err := json.Compact(&value, text[f.from:f.to]); err != nil {
			return err
		}
		_, err := fmt.Fprintf(sum, "%q%s\n", f.key, value.Bytes())
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// KeepCalibration puts a calibration into run.json of the run directory path. The
// rest stays as it is, also what this version knows nothing of.
func KeepCalibration(path string, c *Calibration) error {
	file := filepath.Join(path, runFile)
	text, err := ReadFile(file)
	if err != nil {
		return err
	}
	value, err := json.MarshalIndent(c, "  ", "  ")
	if err != nil {
		return fmt.Errorf("encode the calibration: %w", err)
	}
	at, last := field{}, field{}
	err = eachField(text, func(f field) error {
		if last = f; f.key == calibrationField {
			at = f
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if at.key == "" {
		at.from, at.to = last.to, last.to
		value = append([]byte(",\n  \""+calibrationField+"\": "), value...)
	}
	return ReplaceFile(file, bytes.Join([][]byte{text[:at.from], value, text[at.to:]}, nil))
}

// field is one of a JSON object, with the place of its value.
type field struct {
	key      string
	from, to int64
}

// eachField goes through the fields of a JSON object.
func eachField(text []byte, do func(field) error) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		to := d.InputOffset()
		name, _ := key.(string) // it is one, or the text was no object
		if err := do(field{name, to - int64(len(value)), to}); err != nil {
			return err
		}
	}
	return nil
}
