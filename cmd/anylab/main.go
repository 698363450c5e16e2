// Command anylab measures how long users of an anycast service are cut off
// when something fails, and which stage of the failover takes the time.
package main

import "os"

func main() {
	if len(os.Args) > 1 {
		if child, ok := children[os.Args[1]]; ok {
			os.Exit(child(os.Args[2:]))
		}
	}
	quitPlainly()
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
