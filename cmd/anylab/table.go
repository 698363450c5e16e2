package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"anylab/reports"
	"anylab/reports/page"
	"anylab/topologies/document"
)

// tableForms are the ways in which every table can be printed.
var tableForms = []string{"csv", "json", "table"}

// formatFlag says in which form a command prints its table.
func formatFlag(c *cobra.Command, form *string) { formsFlag(c, form, tableForms) }

// documentFlag is formatFlag where what is printed is a document, too.
func documentFlag(c *cobra.Command, form *string) {
	var forms []string
	for _, f := range reports.Forms {
		forms = append(forms, f.Name)
	}
	formsFlag(c, form, forms)
}

func formsFlag(c *cobra.Command, form *string, forms []string) {
	c.Flags().StringVar(form, "format", "table", "the `form` of what is printed: "+strings.Join(forms, ", "))
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// tabulate prints rows under a head: as a script takes them, or as people do.
func tabulate(w io.Writer, form string, head []string, rows [][]string, forPeople func() error) error {
	switch form {
	case "csv":
		out := csv.NewWriter(w)
		for _, row := range append([][]string{head}, rows...) {
			_ = out.Write(page.Literal(row)) // its error is kept
		}
		out.Flush()
		return out.Error()
	case "json":
		list := []map[string]string{}
		for _, row := range rows {
			object := map[string]string{}
			for i, name := range head {
				object[name] = row[i]
			}
			list = append(list, object)
		}
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(list)
	case "table":
		return forPeople()
	}
	return errors.New(document.Unknown("format", form, tableForms))
}

// printDocument prints what is told about several runs. Text is what tables were
// called.
func printDocument(w io.Writer, form string, d reports.Document) error {
	if form == "text" {
		form = "table"
	}
	return reports.Write(w, form, d, terminal(w))
}
