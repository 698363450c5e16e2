package reports

import "anylab/reports/page"

// glossary says what the words of the tables mean to whoever reads them for the first
// time.
var glossary = [][2]string{
	{"outage", "how long users were cut off after the fault, by the client that was hit worst"},
	{"interruption", "all the time in which users were cut off in a trial, that after healing included"},
	{"switch", "from the fault to the first answer of another site"},
	{"failback", "the same, after the fault was healed and traffic went home"},
	{"median, p95, max", "half of the trials, 95 of 100, all of them took no longer"},
	{"the truth lies in", "what was measured is exact within these bounds"},
	{"conclusive", "nothing casts doubt on the trial; only such trials count"},
	{"detection", "until somebody noticed: a health check, BFD, a hold time, a lost carrier"},
	{"withdrawal, announcement", "until the site told its router"},
	{"receipt, propagation", "until the news had come to the routers that have to act"},
	{"installation", "until the kernel forwarded the other way"},
	{"restoration", "until users were answered again"},
}

func glossarySection(s sheet) []page.Section {
	if len(s.exhibits) == 0 {
		return nil
	}
	list := page.Section{Title: "What the words mean", Detail: true, Folded: true}
	for _, entry := range glossary {
		list.Rows = append(list.Rows, page.Texts(entry[0], entry[1]))
	}
	return []page.Section{list}
}
