//go:build !linux

package run

import "runtime"

func kernel() string { return runtime.GOOS }
