package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/hand"
	"anylab/topologies/document"
)

func probeCommand() *cobra.Command {
	var name string
	var span time.Duration
	q := hand.Question{}
	c := &cobra.Command{
		Use:   "probe CLIENT [SERVICE]",
		Short: "Print who answers a client of a lab that is up, whenever that changes",
		Example: `  anylab probe london
  anylab probe london dns --rate 500 --for 10s`,
		Args:              cobra.MatchAll(atLeast(1), atMost(2)),
		ValidArgsFunction: completing(&name, func(l hand.Lab) []string { return l.Clients }, func(l hand.Lab) []string { return l.Services }),
		RunE: func(c *cobra.Command, args []string) error {
			if err := q.Check(); err != nil {
				return fmt.Errorf("--rate: %w", err)
			}
			if err := checkSpan(c, span); err != nil {
				return err
			}
			q.Client, q.Service = args[0], append(args, "")[1]
			lab, err := hand.Named(name)
			if err != nil {
				return err
			}
			return watchAnswers(c.OutOrStdout(), lab, q, span)
		},
	}
	labFlag(c, &name)
	c.Flags().Float64Var(&q.Rate, "rate", 100, "requests a second")
	c.Flags().DurationVar(&span, "for", 0, "end after this `time` (default: at Ctrl-C)")
	return c
}

// checkSpan refuses --for without a time to wait for.
func checkSpan(c *cobra.Command, span time.Duration) error {
	if c.Flags().Changed("for") && span <= 0 {
		return fmt.Errorf("--for %v: want a time longer than none, such as 10s; without --for the command ends when you end it", span)
	}
	return nil
}

// watchAnswers prints what is heard until the user has enough, or so long.
func watchAnswers(w io.Writer, lab string, q hand.Question, span time.Duration) error {
	line, err := hand.Call(lab, "probe", q)
	if err != nil {
		return err
	}
	defer line.Close()
	enough := make(chan os.Signal, 2)
	signal.Notify(enough, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(enough)
	if span > 0 {
		defer time.AfterFunc(span, func() { enough <- os.Interrupt }).Stop()
	}
	go func() { // ends with the program
		<-enough
		_ = line.Enough() // it may have ended
	}()
	for {
		var h hand.Heard
		if more, err := line.Next(&h); err != nil || !more {
			return err
		}
		say(w, heard(h, ""))
	}
}

// heard says what was heard, of whom.
func heard(h hand.Heard, of string) string {
	text := fmt.Sprintf("%8.3f s  %s%s  ", h.After.Seconds(), of, h.Address)
	switch {
	case h.Sum != nil:
		return text + summed(*h.Sum)
	case len(h.By) == 0:
		return text + "nobody answers"
	case len(h.By) > 1:
		text += document.Some(h.By) + " answer by turns"
	default:
		text += h.By[0] + " answers"
	}
	if h.Gap > 0 {
		text += ", after " + milliseconds(h.Gap) + " without an answer"
	}
	return text
}

func summed(s hand.Sum) string {
	var by []string
	for _, node := range slices.Sorted(maps.Keys(s.By)) {
		by = append(by, fmt.Sprintf("%s %d", node, s.By[node]))
	}
	return fmt.Sprintf("asked %d, lost %d, longest time between two answered requests %s; answers: %s",
		s.Asked, s.Lost, milliseconds(s.Longest), strings.Join(append(by, "none")[:max(1, len(by))], ", "))
}
