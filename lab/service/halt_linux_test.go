package service

import "testing"

// A halted checker sees nothing of the end of its service, and its speaker is
// told nothing. Resumed, it begins anew, whatever kind it is.
func TestHalt(t *testing.T) {
	for _, health := range []string{"dns", "process", "none"} {
		t.Run(health, func(t *testing.T) {
			s := openSite(t)
			svc := s.start(t, s.config("dns", health))
			s.await(t, "healthy", "announce")
			svc.Resume(t.Context()) // of one that runs: nothing
			for range 2 {
				svc.Halt()
			}
			kill(t, svc)
			<-svc.Proc().Done()
			if svc.Healthy() {
				t.Error("a halted checker has an opinion")
			}
			if err := svc.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.await(t, "healthy", "announce")
			svc.Resume(t.Context())
			s.await(t, "healthy", "announce", "healthy", "announce")
			kill(t, svc)
			if health != "none" {
				s.await(t, "healthy", "announce", "healthy", "announce", "unhealthy", "withdraw")
			}
		})
	}
}

func TestHaltedIsClosed(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("dns", "dns"))
	s.await(t, "healthy", "announce")
	svc.Halt()
	if err := svc.Close(); err != nil {
		t.Error(err)
	}
	svc.Resume(t.Context())
	if svc.Healthy() {
		t.Error("a closed service was resumed")
	}
}
