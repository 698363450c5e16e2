//go:build !linux

package world

import (
	"anylab/lab"
	"anylab/lab/fault"
)

// No lab runs on other systems, so nothing of one can break.

func (*World) Breakable(uint64) *fault.World { return nil }

func Frozen([]*lab.Proc) bool { return false }
