package lab

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// knob is a setting that forbids user namespaces while it has the value off.
type knob struct {
	path, off, what, fix string
}

var userNamespaceKnobs = []knob{
	{"/proc/sys/user/max_user_namespaces", "0", "user namespaces are switched off",
		"sudo sysctl user.max_user_namespaces=15000"},
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", "user namespaces are reserved for root",
		"sudo sysctl kernel.unprivileged_userns_clone=1"},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor takes the privileges out of user namespaces",
		"sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
}

// diagnose turns a failure to make namespaces into what is missing.
func diagnose(err error) error {
	if errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EINVAL) {
		return Unavailable{fmt.Sprintf("this kernel lacks a kind of namespace: %v", err),
			"use a kernel with CONFIG_USER_NS, CONFIG_PID_NS and CONFIG_NET_NS"}
	}
	if !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.ENOSPC) &&
		!errors.Is(err, syscall.EACCES) && !errors.Is(err, syscall.EUSERS) {
		return err
	}
	for _, k := range userNamespaceKnobs {
		if value, rerr := os.ReadFile(k.path); rerr == nil && strings.TrimSpace(string(value)) == k.off {
			return Unavailable{fmt.Sprintf("%s: %v", k.what, err), k.fix}
		}
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EUSERS) {
		return Unavailable{fmt.Sprintf("no namespace left: %v", err), "raise the limits in /proc/sys/user/max_*_namespaces"}
	}
	return Unavailable{fmt.Sprintf("no permission to make namespaces: %v", err),
		"run as root, or in a container started with --privileged"}
}
