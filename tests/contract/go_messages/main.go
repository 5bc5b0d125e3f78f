// Command gomessages says what the contract answers to a request body, by Go's encoding/json and the
// Go peer's rules: the truth that productd's own parser is held to.
//
//	gomessages record TABLE        answers every body of TABLE anew and rewrites it
//	gomessages check TABLE         fails when an answer of TABLE is not what this Go says
//	gomessages answer <IN >OUT     answers framed bodies
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

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "record":
		err = record(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "check":
		err = check(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "answer":
		err = answerFramed(os.Stdin, os.Stdout)
	default:
		fmt.Fprintln(os.Stderr, "usage: gomessages record TABLE | check TABLE | answer")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gomessages:", err)
		os.Exit(1)
	}
}

func record(path string) error {
	t, err := readTable(path)
	if err != nil {
		return err
	}
	t.release = runtime.Version()
	for i := range t.lines {
		if t.lines[i].isRow {
			t.lines[i].answer = answer(t.lines[i].body)
		}
	}
	return t.write(path)
}

func check(path string) error {
	t, err := readTable(path)
	if err != nil {
		return err
	}
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
