package fault

import (
	"fmt"
	"time"
)

// Stalled writes, as a scenario does, that the processes of a node are stopped for a
// while once in so long, and run freely in between.
func Stalled(node string, stop, every time.Duration) string {
	return fmt.Sprintf("kind: cpu-starve, on: %s, share: %v%%, slice: %v", node, 100*(1-stop.Seconds()/every.Seconds()), every)
}
