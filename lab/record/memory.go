package record

import (
	"runtime/debug"
	"sync"
)

// SpendMemory is for where nothing is measured: while runs are simulated, or read, memory
// is cheaper than time. What was read is kept, and to look again and again for what is not
// took a quarter of all. Beyond so many bytes it is looked for as usual.
var SpendMemory = sync.OnceFunc(func() {
	const (
		seldomCollected = 400
		muchMemory      = 1 << 30
	)
	hugePages(muchMemory)
	debug.SetGCPercent(seldomCollected)
	debug.SetMemoryLimit(muchMemory)
})
