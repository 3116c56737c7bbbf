package metrics

// RejectedIn is for the fuzzer, which feeds it more answers a second than a collector could give.
var RejectedIn = rejectedIn
