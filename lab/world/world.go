// Package world lets faults act on a running lab.
package world

import (
	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/service"
)

// World is a running lab, with what runs on its nodes.
type World struct {
	Setting  fault.Setting
	Lab      *lab.Lab
	Speakers map[string]*bgp.Daemon
	Running  map[string][]*service.Service // node -> its services
}
