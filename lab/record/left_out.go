package record

import (
	"fmt"
	"strings"
)

// LeftOut is a cell of the matrix that was not carried out.
type LeftOut struct {
	Values map[string]string `json:"values"` // axis -> value
	Reason string            `json:"reason"` // what is missing, or can't be done
}

// LeftOutLines says which cells were left out and why, a line for each reason.
func LeftOutLines(list []LeftOut) []string {
	var reasons []string
	names := map[string][]string{}
	for _, l := range list {
		if names[l.Reason] == nil {
			reasons = append(reasons, l.Reason)
		}
		names[l.Reason] = append(names[l.Reason], CellName(l.Values))
	}
	var lines []string
	for _, reason := range reasons {
		lines = append(lines, fmt.Sprintf("%s: %s", strings.Join(names[reason], "; "), reason))
	}
	return lines
}
