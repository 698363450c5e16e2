package speaker

import (
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	gobgplog "github.com/osrg/gobgp/v3/pkg/log"

	"anylab/lab/record"
)

// stamped writes each log line behind the run's clock, in seconds, so that
// logs and events can be compared.
type stamped struct{ io.Writer }

func (s stamped) Write(line []byte) (int, error) {
	at := time.Duration(record.Now())
	if _, err := fmt.Fprintf(s.Writer, "%.6f %s", at.Seconds(), line); err != nil {
		return 0, err
	}
	return len(line), nil
}

// logger lets GoBGP write to the speaker's log, from warnings upwards; the
// sessions and the FIB log the rest in a shorter form.
type logger struct{ *log.Logger }

func (l logger) say(level, msg string, fields gobgplog.Fields) {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&b, " %s=%v", strings.ToLower(k), fields[k])
	}
	l.Printf("gobgp: %s: %s%s", level, msg, b.String())
}

func (l logger) Panic(msg string, fields gobgplog.Fields) { l.say("panic", msg, fields); panic(msg) }
func (l logger) Fatal(msg string, fields gobgplog.Fields) { l.say("fatal", msg, fields); os.Exit(1) }
func (l logger) Error(msg string, fields gobgplog.Fields) { l.say("error", msg, fields) }
func (l logger) Warn(msg string, fields gobgplog.Fields)  { l.say("warning", msg, fields) }
func (l logger) Info(string, gobgplog.Fields)             {}
func (l logger) Debug(string, gobgplog.Fields)            {}
func (l logger) SetLevel(gobgplog.LogLevel)               {}
func (l logger) GetLevel() gobgplog.LogLevel              { return gobgplog.WarnLevel }
