package reports

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopacket/gopacket/pcapgo"
)

// Damage says what of a run's record is not as it was written, and whether it means
// another thing now than when it was judged before.
func (r *Report) Damage() error {
	for _, f := range r.Result.Findings {
		if f.Severity == Doubt && strings.HasPrefix(f.Name, "record-") {
			return fmt.Errorf("it is damaged: %s (%s)", f.Detail, f.Name)
		}
	}
	for _, s := range r.sources {
		if err := wholeCaptures(filepath.Join(s.dir, "pcap")); err != nil {
			return err
		}
	}
	before, err := ReadResult(r.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case before.Verdict != r.Result.Verdict:
		return fmt.Errorf("its verdict is %s now, and result.json says %s: anylab report %s judges it anew", r.Result.Verdict, before.Verdict, r.Dir)
	}
	return nil
}

// wholeCaptures refuses a directory of captures of which one is cut short.
func wholeCaptures(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || d.IsDir() || filepath.Ext(path) != ".pcapng":
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in, err := pcapgo.NewNgReader(f, pcapgo.DefaultNgReaderOptions)
		if err != nil {
			return fmt.Errorf("it is damaged: %s is no capture: %w", path, err)
		}
		for err == nil {
			_, _, err = in.ZeroCopyReadPacketData()
		}
		if !errors.Is(err, io.EOF) {
			return fmt.Errorf("it is damaged: %s is cut short: %w", path, err)
		}
		return nil
	})
}
