package probe

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// reportFD is the pipe on which the process reports.
const reportFD = 3

// places are how many goroutines may run at a time: the sender and the receiver,
// which keep theirs while they sleep, and whatever the runtime wants to do.
const places = 3

// Main is the hidden subcommand "prober", the process of a prober. Its one
// argument is written by Start. It sends until SIGTERM, and ends after the last
// answer. It returns the exit code.
func Main(args []string) int {
	var o order
	if len(args) != 1 || json.Unmarshal([]byte(args[0]), &o) != nil {
		fmt.Fprintln(os.Stderr, "probe: started by anylab itself, with one argument")
		return 2
	}
	runtime.GOMAXPROCS(places)
	// Without its name, its threads are taken for some of what is tested.
	_ = os.WriteFile("/proc/self/comm", []byte(record.ProbingProcess), 0)
	ctx, cancel := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer cancel()
	pipe := os.NewFile(reportFD, "report")
	out := &reporter{w: bufio.NewWriterSize(pipe, 1<<16)}
	err := newRun(o.Config, kinds[o.Kind].new(o.Config), o.Node, out).carry(ctx, out.armed)
	if err = errors.Join(err, out.end(err), pipe.Close()); err != nil {
		fmt.Fprintf(os.Stderr, "probe: %v\n", err)
		return 1
	}
	return 0
}

// gather is for how long the report is kept back: it wakes the other process
// up, which costs that as much as a few requests cost us.
const gather = 50 * time.Millisecond

// reporter writes the report. The first failure sticks to its writer.
type reporter struct {
	w       *bufio.Writer
	flushed record.Time
}

func (r *reporter) armed(priority string) {
	fmt.Fprintf(r.w, "%s%s\n", armedLine, priority)
	_ = r.w.Flush() // see Flush
}

func (r *reporter) Write(s record.Sample) {
	_, _ = r.w.Write(record.AppendSample(r.w.AvailableBuffer(), s)) // see Flush
}

func (r *reporter) Emit(e record.Event) {
	line, err := json.Marshal(e)
	if err != nil {
		panic(err) // an event of a type that has no JSON
	}
	_, _ = r.w.Write(append(line, '\n')) // see Flush
}

func (r *reporter) Flush() error {
	now := record.Now()
	if now.Sub(r.flushed) < gather {
		return nil
	}
	r.flushed = now
	return r.w.Flush()
}

// end says why the prober failed, if it did.
func (r *reporter) end(failed error) error {
	if failed != nil {
		fmt.Fprintf(r.w, "%s%q\n", failedLine, failed.Error())
	}
	return r.w.Flush()
}
