package fault

import (
	"context"
	"errors"
	"fmt"

	"anylab/topologies/document"
)

// Script runs an operator's command on a node, and another one that undoes it.
type Script struct {
	place   Place
	Command []string `yaml:"command,required" doc:"program and arguments; it is in effect once that has ended, with exit status 0, within 10s. {node} {dir} and {dev}, the anycast interface, are replaced"`
	Undo    []string `yaml:"undo,required" doc:"likewise, to mend it; [\"true\"] where there is nothing to undo"`
	Proof   []string `yaml:"proof" doc:"likewise: asks whether it is in effect, which exit status 0 says; else the exit status of the command is believed"`
}

// beside finds the files that the commands name, and refuses placeholders that nothing
// is put in the place of: those of a service are not of a node.
func (f *Script) beside(at document.Raw) error {
	f.Command = at.At("command").Command(f.Command, f.place.On)
	f.Undo = at.At("undo").Command(f.Undo, f.place.On)
	f.Proof = at.At("proof").Command(f.Proof, f.place.On)
	for _, key := range []string{"command", "undo", "proof"} {
		if err := at.Value(key).Placeholders([]string{"dev", "dir", "node"}, "addr", "interval", "port"); err != nil {
			return err
		}
	}
	return nil
}

// Commands implements Commander.
func (f *Script) Commands() [][]string { return [][]string{f.Command, f.Undo, f.Proof} }

// Check says whether the place is a node, and the commands are some.
func (f *Script) Check(s Setting) error {
	for key, command := range map[string][]string{"command": f.Command, "undo": f.Undo} {
		if len(command) == 0 || command[0] == "" {
			return mistake(key, "it is a list of a program and its arguments")
		}
	}
	_, err := f.place.node(s, "")
	return err
}

// Declare says: what the command does, only its author knows.
func (f *Script) Declare(Setting) Declaration {
	return Declaration{
		Theory:  Theory{Unbounded: true, Told: Unknown, Why: "what an operator's command does is not known"},
		Changes: []string{"what scripts do on " + f.place.On[0]},
		Real:    "it runs a command on " + f.place.On[0],
	}
}

// Inject runs the command; healing runs the other.
func (f *Script) Inject(ctx context.Context, w *World) (Injected, error) {
	r := &running{Script: f, world: w}
	in := Injected{active: r.active, heal: r.heal}
	err := r.run(ctx, f.Command)
	r.done = err == nil
	return in, err
}

// running is a script that was begun.
type running struct {
	*Script
	world *World
	done  bool // and not undone
	over  bool // it was undone
}

func (r *running) run(ctx context.Context, command []string) error {
	return r.world.Run(ctx, r.place.On[0], command)
}

// active asks the proof, if there is one.
func (r *running) active(ctx context.Context) (bool, error) {
	if len(r.Proof) == 0 {
		return r.done, nil
	}
	err := r.run(ctx, r.Proof)
	if errors.As(err, new(Refusal)) {
		return false, nil
	}
	return err == nil, err
}

// heal undoes what a command has begun, even if that failed. What did not come into
// effect may leave nothing to undo.
func (r *running) heal(ctx context.Context) error {
	if r.over {
		return nil
	}
	if err := r.run(ctx, r.Undo); err != nil && (r.done || !errors.As(err, new(Refusal))) {
		return err
	}
	r.done, r.over = false, true
	return nil
}

// Refusal is the end of a command that has another exit status than 0.
type Refusal struct{ Command, Status, Output string }

// Error quotes what the command said last.
func (e Refusal) Error() string {
	if e.Output == "" {
		return fmt.Sprintf("%s: %s", e.Command, e.Status)
	}
	return fmt.Sprintf("%s: %s: %s", e.Command, e.Status, e.Output)
}
