module gomessages

go 1.19

require productpeer v0.0.0

// The product and its rules as the Go peer has them; nothing is fetched.
replace productpeer => ../../../loadtest/peers/go
