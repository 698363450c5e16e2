package monitor

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"anylab/lab/record"
)

// samples is one series of Prometheus, with its samples if a range was asked for.
type samples struct {
	Metric map[string]string `json:"metric"`
	Values []sample          `json:"values"`
}

// sample is a time, in seconds, and a number as a text.
type sample [2]any

// ms is when it was taken, on the wall clock.
func (s sample) ms() int64 {
	seconds, _ := s[0].(float64) // JSON has no other number
	return int64(math.Round(seconds * 1000))
}

func (s sample) value() float64 {
	text, _ := s[1].(string)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 1 // nothing is wrong that is no number
	}
	return v
}

func (m *Monitor) query(ctx context.Context, expr string) ([]samples, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address()+"/api/v1/query?query="+url.QueryEscape(expr), nil)
	if err != nil {
		return nil, err
	}
	res, err := m.client().Do(q)
	if err != nil {
		return nil, fmt.Errorf("ask Prometheus on %s: %w", m.On, err)
	}
	defer res.Body.Close()
	var answer struct {
		Error string `json:"error"`
		Data  struct {
			Result []samples `json:"result"`
		} `json:"data"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Error != "" {
		return nil, fmt.Errorf("ask Prometheus on %s for %s: %s: %w", m.On, expr, answer.Error, err)
	}
	return answer.Data.Result, nil
}

// lookback finds in series what is new since a moment.
type lookback struct {
	moment record.Time
	offset time.Duration // of the wall clock
	scrape time.Duration
	took   map[string]map[int64]time.Duration // scrapes, by job and by when they began
}

func durations(list []samples) map[string]map[int64]time.Duration {
	all := map[string]map[int64]time.Duration{}
	for _, s := range list {
		of := map[int64]time.Duration{}
		for _, v := range s.Values {
			of[v.ms()] = time.Duration(v.value() * float64(time.Second))
		}
		all[s.Metric["job"]] = of
	}
	return all
}

// first returns when the series first went bad since the moment, before which it was
// well: is below 1, or is there at all where it is an alert that fires. A scrape tells
// of it once it has ended; it is stamped with its begin.
func (l lookback) first(s samples, firing bool) (record.Time, bool) {
	bad := record.Time(0) // when it last was, before
	for _, v := range s.Values {
		at := record.Time(v.ms() * int64(time.Millisecond)).Add(-l.offset)
		if !firing {
			at = at.Add(l.took[s.Metric["job"]][v.ms()])
		}
		wrong := firing || v.value() < 1
		switch {
		case wrong && at >= l.moment:
			return at, bad == 0 || l.moment.Sub(bad) > 2*l.scrape
		case wrong:
			bad = at
		case at < l.moment:
			bad = 0
		}
	}
	return 0, false
}

func seconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }
