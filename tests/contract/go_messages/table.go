package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A table is a text file: a body, a tab, its answer. Lines that begin with '#' and empty lines are
// comment. In a body %XX is the byte of that number, and %{N*TEXT} is TEXT, itself written so, N
// times. The answer is written as it is. A new row needs only its body; record fills in the rest.
type table struct {
	release string // of the Go that gave the answers
	lines   []line
}

type line struct {
	number int
	text   string // as in the file, without the answer
	isRow  bool
	body   []byte
	answer string
}

const releaseMark = "# Recorded with "

func readTable(path string) (*table, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &table{}
	for i, text := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
		l := line{number: i + 1, text: text}
		if strings.HasPrefix(text, releaseMark) {
			t.release = strings.TrimPrefix(text, releaseMark)
		} else if text != "" && text[0] != '#' {
			l.isRow = true
			l.text, l.answer, _ = strings.Cut(text, "\t")
			if l.body, err = decodeBody(l.text); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, l.number, err)
			}
		}
		t.lines = append(t.lines, l)
	}
	return t, nil
}

func (t *table) write(path string) error {
	var out bytes.Buffer
	for _, l := range t.lines {
		switch {
		case strings.HasPrefix(l.text, releaseMark):
			out.WriteString(releaseMark + t.release)
		case l.isRow:
			if strings.ContainsAny(l.answer, "\t\r\n") {
				return fmt.Errorf("%s:%d: the answer does not fit on a line", path, l.number)
			}
			out.WriteString(l.text + "\t" + l.answer)
		default:
			out.WriteString(l.text)
		}
		out.WriteByte('\n')
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

func decodeBody(text string) ([]byte, error) {
	var body []byte
	for {
		before, after, found := strings.Cut(text, "%")
		body = append(body, before...)
		if !found {
			return body, nil
		}
		if strings.HasPrefix(after, "{") {
			repeat, rest, closed := strings.Cut(after[1:], "}")
			count, unit, counted := strings.Cut(repeat, "*")
			times, err := strconv.Atoi(count)
			if !closed || !counted || err != nil {
				return nil, fmt.Errorf("malformed repeat %%%s", after)
			}
			once, err := decodeBody(unit)
			if err != nil {
				return nil, err
			}
			body = append(body, bytes.Repeat(once, times)...)
			text = rest
			continue
		}
		if len(after) < 2 {
			return nil, fmt.Errorf("malformed byte %%%s", after)
		}
		number, err := strconv.ParseUint(after[:2], 16, 8)
		if err != nil {
			return nil, fmt.Errorf("malformed byte %%%s", after)
		}
		body = append(body, byte(number))
		text = after[2:]
	}
}
