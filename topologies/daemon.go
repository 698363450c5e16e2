package topologies

// Embedded is the BGP daemon that is part of the program, that of nodes which
// name none. Which others there are is not for a topology to know: to it a
// daemon is a name.
const Embedded = "gobgp"
