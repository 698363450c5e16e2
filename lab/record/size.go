package record

import (
	"fmt"
	"strings"
)

// Size writes a number of bytes with three digits or less: "64 MB", "9.8 GB".
func Size(n int64) string {
	value, unit := float64(n), "bytes"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if value < 999.5 {
			break
		}
		value, unit = value/1000, next
	}
	if value < 9.95 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", value), ".0") + " " + unit
	}
	return fmt.Sprintf("%.0f %s", value, unit)
}
