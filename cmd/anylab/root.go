package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"anylab/lab"
	"anylab/topologies/document"
)

// The exit codes. They are a contract: CI depends on them.
const (
	exitPass         = 0
	exitFail         = 1 // an expectation did not hold
	exitUsage        = 2 // bad arguments or scenario
	exitUnavailable  = 3 // this machine can't run it
	exitInconclusive = 4 // the measurement can't be trusted
	exitInterrupted  = 130
)

// exitError ends the command with a code, and says why unless err is nil.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// execute runs one command line and returns its exit code. Results go to
// stdout, everything else to stderr.
func execute(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &output{Writer: stdout}
	root := rootCommand(out)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetErr(stderr)
	err := root.ExecuteContext(context.Background())
	if err == nil && out.failed != nil {
		err = exitError{exitUnavailable, fmt.Errorf("what was to be printed is lost: %w", out.failed)}
	}
	if err == nil {
		return exitPass
	}
	var exit exitError
	if errors.As(err, &exit) {
		if exit.err != nil {
			say(stderr, "anylab: "+exit.err.Error())
		}
		return exit.code
	}
	say(stderr, "anylab: "+err.Error())
	if out.failed != nil {
		return exitUnavailable
	}
	return codeOf(err)
}

// untilInterrupted is a context that ends when the user, the terminal or the machine
// wants the command to.
func untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
}

// output remembers the first failure to write.
type output struct {
	io.Writer
	failed error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if o.failed == nil {
		o.failed = err
	}
	return n, err
}

// sandboxed calls f in the sandbox, and returns why there is none, or what came
// of f. What f says is printed there; its exit code is all that comes back.
func sandboxed(f func() error) (refused, failed error) { return sandboxedBeside(f, nil, nil) }

// sandboxedBeside is sandboxed with something that goes on beside it, outside, and an
// open file that is carried along.
func sandboxedBeside(f func() error, beside func(line *os.File), carry *os.File) (refused, failed error) {
	code, refused := lab.SandboxBeside(func() int {
		failed = f()
		var exit exitError
		switch {
		case failed == nil:
			return exitPass
		case errors.As(failed, &exit):
			return exit.code
		}
		return codeOf(failed)
	}, beside, carry)
	if refused == nil && failed == nil && code != exitPass {
		failed = exitError{code: code}
		if code == killed && lab.Outside() {
			failed = exitError{code, errKilled}
		}
	}
	return refused, failed
}

// killed is the exit code of what SIGKILL ended.
const killed = 128 + 9

var errKilled = errors.New("it was killed (SIGKILL): the kernel does so when memory runs out, else somebody has; what was recorded until then can be read (anylab report)")

// codeOf returns the exit code that fits an error of the layers below.
func codeOf(err error) int {
	var unavailable lab.Unavailable
	switch {
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &unavailable):
		return exitUnavailable
	}
	return exitUsage
}

func rootCommand(out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "anylab",
		Short: "Measure how long users of an anycast service are cut off when something fails",
		Long: `anylab builds a network out of Linux network namespaces, runs BGP speakers and
a real service in it, breaks something, and says how long users were cut off
and which stage of the failover took the time.

Exit codes: 0 expectations held; 1 they did not; 2 bad arguments or scenario;
3 this machine can't run it (see anylab doctor); 4 inconclusive: the
measurement can't be trusted; 130 interrupted.`,
		Example: `  anylab run service-crash
  anylab run ./my-scenario.yaml --trials 20
  anylab show service-crash > my-scenario.yaml`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(archiveCommand(), baselineCommand(), calibrateCommand(), checkCommand(), compareCommand(), doctorCommand(), graphCommand(), listCommand(), mergeCommand(), plotCommand(), profileCommand(), reportCommand(),
		runCommand(), schemaCommand(), showCommand(), soakCommand(), sweepCommand(), trendCommand(), tuneCommand(), validateCommand(), versionCommand())
	root.AddCommand(captureCommand(), downCommand(), execCommand(), faultCommand(), inspectCommand(), probeCommand(), psCommand(), shellCommand(), upCommand(), watchCommand())
	root.SetOut(out)
	root.Version = version()
	root.SetVersionTemplate("anylab {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.InitDefaultCompletionCmd() // which writes to what root's output is now
	root.SetHelpCommand(helpCommand())
	root.InitDefaultHelpCmd()
	listTopics(root)
	for _, c := range root.Commands() {
		strict(c)
	}
	return root
}

// oneOf refuses an argument that is none of the command's valid ones, and says
// which is nearest. what is what it should be.
func oneOf(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		for _, arg := range args {
			if !slices.Contains(c.ValidArgs, arg) {
				return errors.New(document.Unknown(what, arg, c.ValidArgs))
			}
		}
		return nil
	}
}

// strict makes a command that only has subcommands refuse any other argument.
func strict(c *cobra.Command) {
	if c.HasSubCommands() && !c.Runnable() {
		c.Args = cobra.NoArgs
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
}

// kinds names what flags take, by the names of their types.
var kinds = map[string]string{
	"bool": "true or false", "int": "a whole number", "uint64": "a whole number, 0 or more",
}

// most are the largest numbers that flags take.
var most = map[string]uint64{"int": math.MaxInt, "uint64": math.MaxUint64}

// flagError says what a flag takes instead of how its value failed to be read.
// The nearest flag is named where there is none as written.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		if name := unknown.GetSpecifiedName(); len(name) > 1 {
			return errors.New(document.Unknown("flag", "--"+name, known))
		}
		return fmt.Errorf("%w; see %s --help", err, c.CommandPath())
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		if kind, ok := kinds[invalid.GetFlag().Value.Type()]; ok {
			if errors.Is(err, strconv.ErrRange) {
				kind = fmt.Sprintf("%s, up to %d", kind, most[invalid.GetFlag().Value.Type()])
			}
			return fmt.Errorf("--%s %s: want %s", invalid.GetFlag().Name, invalid.GetValue(), kind)
		}
	}
	return err
}
