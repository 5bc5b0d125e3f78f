// Command gomessages says what the contract answers to a request body, by Go's encoding/json and the
// Go peer's rules: the truth that productd's own parser is held to.
//
//	gomessages record TABLE              answers every body of TABLE anew and rewrites it
//	gomessages check TABLE               fails when an answer of TABLE is not what this Go says
//	gomessages answer TABLE <IN >OUT     answers framed bodies; TABLE only tells the Go release
//
// encoding/json words a few messages differently from release to release, so check and answer do
// nothing, and exit with 77, when this Go is older than the one TABLE was recorded with.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

const exitSkipped = 77

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gomessages record|check|answer TABLE")
		os.Exit(2)
	}
	table, err := readTable(os.Args[2])
	if err != nil {
		fail(err)
	}
	switch os.Args[1] {
	case "record":
		err = record(table, os.Args[2])
	case "check":
		skipWhenOlder(table)
		err = check(table)
	case "answer":
		skipWhenOlder(table)
		err = answerFramed(os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("no such command: %s", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "gomessages:", err)
	os.Exit(1)
}

func skipWhenOlder(t *table) {
	if releaseNumber(runtime.Version()) < releaseNumber(t.release) {
		fmt.Fprintf(os.Stderr, "SKIPPED: the table was recorded with %s, and this is %s\n",
			t.release, runtime.Version())
		os.Exit(exitSkipped)
	}
}

// releaseNumber makes "go1.26.8" comparable. A development version counts as the newest.
func releaseNumber(version string) int {
	var major, minor int
	if n, _ := fmt.Sscanf(version, "go%d.%d", &major, &minor); n != 2 {
		return 1 << 30
	}
	return major*1000 + minor
}

func record(t *table, path string) error {
	t.release = runtime.Version()
	for i := range t.lines {
		if t.lines[i].isRow {
			t.lines[i].answer = answer(t.lines[i].body)
		}
	}
	return t.write(path)
}

func check(t *table) error {
	rows, wrong := 0, 0
	for _, line := range t.lines {
		if !line.isRow {
			continue
		}
		rows++
		if now := answer(line.body); now != line.answer {
			wrong++
			fmt.Printf("line %d: %s\n  recorded: %s\n  now:      %s\n",
				line.number, line.text, line.answer, now)
		}
	}
	if rows == 0 {
		return errors.New("the table has no rows")
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d answers are not what %s says", wrong, rows, runtime.Version())
	}
	fmt.Printf("%d answers are what %s says\n", rows, runtime.Version())
	return nil
}

// answerFramed reads bodies, each after its length as a little-endian uint32, and writes an answer a
// line. A well-formed body with a key that encoding/json takes for a field's in another letter case
// gets "-": there the contract, which wants the exact key, differs.
func answerFramed(in io.Reader, out io.Writer) error {
	reader := bufio.NewReaderSize(in, 1<<20)
	writer := bufio.NewWriterSize(out, 1<<20)
	for {
		var length uint32
		err := binary.Read(reader, binary.LittleEndian, &length)
		if err == io.EOF {
			return writer.Flush()
		}
		if err != nil {
			return err
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(reader, body); err != nil {
			return err
		}
		line := "-"
		if !json.Valid(body) || !hasFoldedKey(body) {
			line = answer(body)
		}
		if _, err := fmt.Fprintln(writer, line); err != nil {
			return err
		}
	}
}
