package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/hand"
	"anylab/lab/record"
	"anylab/reports/page"
)

// watchedRate is how often a second each client asks while somebody watches: twice in
// a place of its strip. It asks at changesRate where only changes are told.
const (
	watchedRate = 20
	changesRate = 100
)

func watchCommand() *cobra.Command {
	var name string
	var span time.Duration
	c := &cobra.Command{
		Use:   "watch [LAB]",
		Short: "Show a lab that is up while things happen: who answers, sessions, routes, events",
		Long: `Watch shows who answers each client, what is broken, the BGP and BFD sessions,
the routes to the anycast addresses and the last events, as the lab's own
observers see them, until q or Ctrl-C. Where there is no terminal it prints a line
for each change.`,
		Example: "  anylab watch\n  anylab watch mine --for 10s | tee log",
		Args:    atMost(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			names, _ := hand.Names() // none where they can't be listed
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkSpan(c, span); err != nil {
				return err
			}
			if len(args) > 0 {
				name = args[0]
			}
			lab, err := hand.Named(name)
			if err != nil {
				return err
			}
			return watch(c.OutOrStdout(), c.ErrOrStderr(), lab, span)
		},
	}
	labFlag(c, &name)
	c.Flags().DurationVar(&span, "for", 0, "end after this `time` (default: at q or Ctrl-C)")
	return c
}

// watch shows the lab until the user has enough, or so long, or the lab lets nobody
// in any more.
func watch(stdout, stderr io.Writer, lab string, span time.Duration) error {
	s, rate := newScreen(os.Stdout, false), float64(watchedRate)
	if s == nil {
		rate = changesRate
	}
	line, err := hand.Call(lab, "watch", hand.Watch{Rate: rate, Changes: s == nil})
	if err != nil {
		return err
	}
	defer line.Close()
	enough := make(chan os.Signal, 2)
	signal.Notify(enough, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(enough)
	if span > 0 {
		defer time.AfterFunc(span, func() { enough <- os.Interrupt }).Stop()
	}
	pieces, ended := make(chan hand.Seen), make(chan error, 1)
	go receive(line, pieces, ended) // ends with the program
	show := plainly(stdout)
	if s != nil {
		defer keys(enough)()
		defer s.stay()
		show = drawn(s)
	}
	for {
		select {
		case p := <-pieces:
			show(p)
		case err := <-ended:
			if err == nil {
				s.stay()
				say(stderr, "lab "+lab+" lets nobody in any more")
			}
			return err
		case <-enough:
			return nil
		}
	}
}

// receive passes on what the lab tells.
func receive(line *hand.Line, pieces chan<- hand.Seen, ended chan<- error) {
	for {
		var p hand.Seen
		more, err := line.Next(&p)
		if err != nil || !more {
			ended <- err
			return
		}
		pieces <- p
	}
}

func drawn(s *screen) func(hand.Seen) {
	v := labView{newSight()}
	return func(p hand.Seen) {
		v.take(p)
		s.draw(v.lines)
	}
}

// plainly prints how the lab is, then what changes, in the order of time as far as
// it has become known together.
func plainly(w io.Writer) func(hand.Seen) {
	v := labView{newSight()}
	began, first := record.Now(), true
	return func(p hand.Seen) {
		v.take(p)
		if p.Missed > 0 {
			fmt.Fprintf(w, "%d events were missed: they were not read fast enough\n", p.Missed)
		}
		if first {
			for _, text := range aligned(slices.Concat(v.broken(began), v.sessionLines(), v.routeLines()), 0) {
				fmt.Fprintln(w, text)
			}
			v.said = nil // before
		}
		var lines []string
		for _, a := range p.Heard {
			lines = append(lines, heard(a.Heard, a.Client+" "+a.Service+"  "))
		}
		for _, s := range v.said {
			lines = append(lines, fmt.Sprintf("%8.3f s  %s", s.At.Sub(began).Seconds(), s.Text))
		}
		slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(stamp(a), stamp(b)) })
		for _, text := range lines {
			fmt.Fprintln(w, page.Line(text))
		}
		first, v.said = false, nil
	}
}

// stamp is a line's time, which is aligned at its right end.
func stamp(line string) string {
	at, _, _ := strings.Cut(line, " s ")
	return at
}
