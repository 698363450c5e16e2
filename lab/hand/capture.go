package hand

import (
	"context"
	"encoding/json"
	"errors"

	"anylab/lab/observe"
	"anylab/topologies/document"
)

// capture writes all packets of a link to the file that came, until the caller hangs
// up or nobody reads any more. It tells how many were dropped.
func (in *inside) capture(ctx context.Context, c *call) error {
	var link string
	if err := json.Unmarshal(c.with, &link); err != nil {
		return err
	}
	k, err := in.World.Lab.Link(link)
	if err != nil {
		return errors.New(document.NoSuch("link", link, in.linkNames()))
	}
	if len(c.files) != 1 {
		return errors.New("a capture needs one file to write to")
	}
	dropped, err := observe.Live(ctx, in.World.Lab, k.Link, c.files[0])
	if err != nil {
		return err
	}
	return c.say(dropped)
}

func (in *inside) linkNames() []string {
	var list []string
	for _, k := range in.World.Lab.Links() {
		list = append(list, k.Name)
	}
	return list
}
