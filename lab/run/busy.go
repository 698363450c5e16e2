package run

import (
	"fmt"
	"os"
)

// tooBusy is from what share of the time on, in per cent, in which some task waited
// for a processor, a machine is named where a lab is not served.
const tooBusy = 60

// busy says what the kernel tells of a machine whose processors can't keep up
// (Documentation/accounting/psi.rst): what the lab lacks may be due to that. It is
// empty on others, and where the kernel doesn't tell.
func busy() string {
	text, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return ""
	}
	return overloaded(string(text))
}

func overloaded(pressure string) string {
	var share float64
	if _, err := fmt.Sscanf(pressure, "some avg10=%f", &share); err != nil || share < tooBusy {
		return ""
	}
	return fmt.Sprintf("this machine is busy: in the last 10 s some task waited for a processor %.0f %% of the time", share)
}

// orLate says something where all is well by now, and that the machine is busy where
// it is.
func orLate(reasons []string) []string {
	if len(reasons) == 0 {
		reasons = []string{"it was quiet too late"}
	}
	if b := busy(); b != "" {
		reasons = append(reasons, b)
	}
	return reasons
}
