package run

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"anylab/lab/record"
)

// What is done on every node is done on so many at the same time. Of more that
// start at once on a few processors, none is ready before all are, and the first
// is given up.
const (
	startedAtOnce = 16
	askedAtOnce   = 64
)

// onEach calls f for all of the list, on several at the same time. After a
// failure, or once ctx has ended, it begins no more.
func onEach[T any](ctx context.Context, list []T, f func(T) error) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(startedAtOnce)
	for _, item := range list {
		all.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			return f(item)
		})
	}
	return all.Wait()
}

// sayEvery is how often it is said how far something has got.
const sayEvery = 2 * time.Second

// counting returns a function that counts parts, and says from time to time
// how many of all are done.
func (r *rig) counting(what string, all int, parts string) func() {
	var mu sync.Mutex
	done, said := 0, record.Now()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		if now := record.Now(); done < all && now.Sub(said) >= sayEvery {
			said = now
			r.say(fmt.Sprintf("%s: %s of %s %s", what, thousands(done), thousands(all), parts))
		}
	}
}

// thousands writes a count for people.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
