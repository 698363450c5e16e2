package bgp

import (
	"slices"
	"strings"
)

// frrBFDWords are the words of a BFD profile, or of a session of bfdd's own.
const frrBFDWords = "detect-multiplier echo echo-mode echo-interval end exit label log-session-changes minimum-ttl no passive-mode receive-interval shutdown transmit-interval"

// frrVocabulary has the words of FRR 8 and 9 that a line may begin with, by the block
// that it stands in, and those that may follow some of them: at these places FRR takes
// the beginning of a word for the word.
var frrVocabulary = map[string]string{
	"": "access-list agentx allow-external-route-update banner bfd bgp debug domainname dump enable end exit fpm frr hostname interface ip ipv6 " +
		"key line log mac mpls netns nexthop-group no password pbr-map router router-id route-map rpki segment-routing service username vni vrf zebra",
	"router": "address-family aggregate-address bgp distance end exit exit-address-family import label maximum-paths neighbor network no rd redistribute " +
		"rt sid table-map timers update-delay read-quanta write-quanta",
	"route-map": "call continue description end exit match no on-match set",
	"bfd":       "end exit no peer profile",
	"profile":   frrBFDWords,
	"peer":      frrBFDWords + " profile",

	"family":     "aggregate-address bgp distance end exit exit-address-family export import label maximum-paths neighbor network no rd redistribute route-map rt sid table-map",
	"family bgp": "dampening",
	"family neighbor *": "activate addpath-tx-all-paths addpath-tx-bestpath-per-AS advertise-map allowas-in as-override attribute-unchanged capability " +
		"default-originate distribute-list filter-list maximum-prefix maximum-prefix-out next-hop-self peer-group prefix-list remove-private-AS route-map " +
		"route-reflector-client route-server-client send-community soft-reconfiguration soo unsuppress-map weight",

	"router address-family":      "ipv4 ipv6 l2vpn",
	"router address-family ipv4": "unicast multicast labeled-unicast vpn flowspec",
	"router address-family ipv6": "unicast multicast labeled-unicast vpn flowspec",
	"router timers":              "bgp",
	"router redistribute":        "babel connected eigrp isis kernel ospf ospf6 openfabric rip ripng sharp static table vnc vnc-direct",
	"router bgp": "always-compare-med bestpath client-to-client cluster-id coalesce-time conditional-advertisement confederation dampening default " +
		"deterministic-med disable-ebgp-connected-route-check ebgp-requires-policy fast-convergence fast-external-failover graceful-restart " +
		"graceful-restart-disable graceful-shutdown hard-administrative-reset labeled-unicast listen log-neighbor-changes long-lived-graceful-restart " +
		"max-med minimum-holdtime network reject-as-sets route-map route-reflector router-id session-dscp shutdown suppress-duplicates " +
		"suppress-fib-pending tcp-keepalive update-delay",
	"router neighbor *": "activate addpath-tx-all-paths addpath-tx-bestpath-per-AS advertise-map advertisement-interval allowas-in as-override " +
		"attribute-unchanged bfd capability default-originate description disable-connected-check disable-link-bw-encoding-ieee distribute-list " +
		"dont-capability-negotiate ebgp-multihop enforce-first-as extended-optional-parameters filter-list graceful-restart graceful-restart-disable " +
		"graceful-restart-helper graceful-shutdown interface local-as local-role maximum-prefix maximum-prefix-out next-hop-self override-capability " +
		"passive password path-attribute peer-group port prefix-list remote-as remove-private-AS route-map route-reflector-client route-server-client " +
		"send-community sender-as-path-loop-detection shutdown soft-reconfiguration solo soo strict-capability-match tcp-mss timers ttl-security " +
		"unsuppress-map update-source weight",
	"router neighbor * interface":  "peer-group remote-as v6only",
	"router neighbor * timers":     "connect delayopen",
	"router neighbor * remote-as":  "internal external",
	"router neighbor * bfd":        "check-control-plane-failure profile",
	" router":                      "babel bgp eigrp isis openfabric ospf ospf6 pim rip ripng",
	" ip":                          "as-path community-list extcommunity-list forwarding import-table large-community-list nht prefix-list protocol route router router-id",
	" ipv6":                        "access-list forwarding nht prefix-list protocol route router-id",
	"route-map match":              "as-path community evpn extcommunity interface ip ipv6 large-community local-preference mac metric origin peer probability rpki source-protocol source-vrf tag",
	"route-map match ip":           "address next-hop route-source",
	"route-map match ipv6":         "address next-hop",
	"route-map match ip address":   "prefix-len prefix-list",
	"route-map match ipv6 address": "prefix-len prefix-list",
}

// frrUnabridged writes out the words of a line of the block that are the beginning of
// one word only.
func frrUnabridged(block string, words []string) []string {
	words = slices.Clone(words)
	known := frrVocabulary[block]
	for i, word := range words {
		words[i] = frrWord(word, known)
		if i == 0 && words[i] == "no" {
			continue
		}
		block = frrAfter(block, words[i])
		known = frrVocabulary[block]
	}
	return words
}

// frrAfter is where the next word stands.
func frrAfter(block, word string) string {
	if _, ok := frrVocabulary[block+" *"]; ok {
		return block + " *"
	}
	return block + " " + word
}

// frrClimbs says whether a line in the inner block is none of it, but one of the
// outer block.
func frrClimbs(inner, outer string, words []string) bool {
	for i, word := range words {
		if i == 0 && word == "no" {
			continue
		}
		if _, takesAny := frrVocabulary[inner+" *"]; !takesAny && !frrKnows(inner, word) {
			return frrVocabulary[inner] != "" && frrKnows(outer, word)
		}
		word = frrWord(word, frrVocabulary[inner])
		inner, outer = frrAfter(inner, word), frrAfter(outer, word)
	}
	return false
}

// frrKnows says whether one of the words there is, or begins with, this one.
func frrKnows(block, word string) bool {
	for k := range strings.FieldsSeq(frrVocabulary[block]) {
		if strings.HasPrefix(k, word) {
			return true
		}
	}
	return false
}

// frrWord is the only one of the known words that begins so, else the word itself.
func frrWord(word, known string) string {
	found := ""
	for k := range strings.FieldsSeq(known) {
		switch {
		case k == word || found != "" && strings.HasPrefix(k, word):
			return word
		case strings.HasPrefix(k, word):
			found = k
		}
	}
	if found == "" {
		return word
	}
	return found
}
