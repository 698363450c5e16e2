//go:build race

package bgp_test

// The race detector multiplies a process's memory.
func init() { instrumented = true }
