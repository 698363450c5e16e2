package main

import (
	"fmt"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
)

// metricsFlag says where Prometheus is to find the numbers.
func metricsFlag(c *cobra.Command, address *string) {
	c.Flags().StringVar(address, "metrics", "", "serve Prometheus on this `address` of the machine meanwhile, as in :9199")
}

// serveMetrics gives Prometheus what the collector has, at /metrics, until the
// process ends. It fails at once where the address can't be had.
func serveMetrics(address string, c prometheus.Collector) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("--metrics %s: %w", address, err)
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(c); err != nil {
		return fmt.Errorf("--metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	go func() { _ = http.Serve(listener, mux) }() // ends with the process
	return nil
}
