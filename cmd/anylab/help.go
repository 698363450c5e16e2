package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"anylab/reports/page"
	"anylab/topologies/document"
)

// manual holds a page for each topic. They are read here, and as files where
// the code is kept.
//
//go:embed help/*.md
var manual embed.FS

// topics lists the pages, sorted.
func topics() []string {
	entries, err := manual.ReadDir("help")
	if err != nil {
		return nil // can't happen: it is embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".md"))
	}
	return names
}

// topic returns the page of a topic.
func topic(name string) (page []byte, ok bool) {
	page, err := manual.ReadFile("help/" + name + ".md")
	return page, err == nil
}

// helpCommand takes the place of cobra's, which knows commands only.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC [SECTION]]",
		Short: "Explain a command, a topic of the manual, or a section of one",
		Example: `  anylab help measurement
  anylab help faults link-flap
  anylab help run`,
		ValidArgsFunction: completeHelp,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Root().Help()
			}
			page, ok := topic(args[0])
			if !ok {
				return helpOn(c.Root(), args)
			}
			if len(args) == 1 {
				return printPage(c.OutOrStdout(), page)
			}
			words := strings.Join(args[1:], " ")
			part, ok := section(page, words)
			if !ok {
				return errors.New(document.Unknown("section of "+args[0], words, headings(page)))
			}
			return printPage(c.OutOrStdout(), part)
		},
	}
}

// helpOn prints the help of a command.
func helpOn(root *cobra.Command, args []string) error {
	c, rest, err := root.Find(args)
	if err == nil && len(rest) == 0 {
		c.InitDefaultHelpFlag() // it is listed, too
		return c.Help()
	}
	if err == nil && c != root {
		return fmt.Errorf("unknown command %q for %q", rest[0], c.CommandPath())
	}
	return errors.New(document.Unknown("command or topic", args[0], explained(root)))
}

// explained lists what there is help on, once: some commands have a page of their own.
func explained(root *cobra.Command) []string {
	known := topics()
	for _, c := range root.Commands() {
		known = append(known, c.Name())
	}
	slices.Sort(known)
	return slices.Compact(known)
}

func completeHelp(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 1 {
		page, _ := topic(args[0])
		return headings(page), cobra.ShellCompDirectiveNoFileComp
	}
	return explained(c.Root()), cobra.ShellCompDirectiveNoFileComp
}

// listTopics adds the manual's topics to the help of the root.
func listTopics(root *cobra.Command) {
	usual := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		w := c.OutOrStdout()
		var text strings.Builder
		c.SetOut(&text)
		c.Long = joinLines(c.Long, terminal(w))
		usual(c, args)
		c.SetOut(w)
		say(w, strings.TrimSuffix(text.String(), "\n"))
		if c != root {
			return
		}
		fmt.Fprintln(w, "\nTopics of the manual (anylab help TOPIC):")
		for _, name := range topics() {
			page, _ := topic(name)
			say(w, fmt.Sprintf("  %-12s  %s", name, subject(page)))
		}
	})
}

// joinLines makes one line of every paragraph that has lines too long for a
// terminal.
func joinLines(text string, width int) string {
	var paragraphs []string
	for p := range strings.SplitSeq(text, "\n\n") {
		if page.Narrow(p, width) != p && !strings.Contains("\n"+p, "\n ") {
			p = strings.ReplaceAll(p, "\n", " ")
		}
		paragraphs = append(paragraphs, p)
	}
	return strings.Join(paragraphs, "\n\n")
}

// printPage prints a page: as it is written, so that it can be searched and piped,
// or laid out on a terminal.
func printPage(w io.Writer, page []byte) error {
	if width := terminal(w); width > 0 {
		page = []byte(layout(string(page), width, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"))
	}
	_, err := w.Write(page)
	return err
}

// terminal returns the width of the terminal that w writes to, in columns; 0 if
// it is none: what goes into a file or another program is not laid out anew.
func terminal(w io.Writer) int {
	if o, wrapped := w.(*output); wrapped {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
