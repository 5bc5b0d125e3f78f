// The Go peer is the service productd is measured against: net/http, a map behind an RWMutex, JSON
// rendered for each answer. It speaks section 1 of the HTTP contract and GET /health.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	readyFile := flag.String("ready-file", "", "`file` to write the bound address to once it listens")
	flag.Parse()

	log.SetFlags(0)
	log.SetPrefix("go_peer: ")
	if err := run(*listen, *readyFile); err != nil {
		log.Fatal(err)
	}
}

// run serves until SIGINT or SIGTERM, then lets requests in flight end.
func run(listen, readyFile string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	if readyFile != "" {
		if err := writeReadyFile(readyFile, listener.Addr()); err != nil {
			return err
		}
	}

	httpServer := &http.Server{Handler: &server{store: newStore()}}
	served := make(chan error, 1)
	go func() { served <- httpServer.Serve(listener) }()

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := httpServer.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// writeReadyFile makes the file appear with its content, so that who waits for it never reads half.
func writeReadyFile(path string, address net.Addr) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, []byte(fmt.Sprintln(address)), 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
