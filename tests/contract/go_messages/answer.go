package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"productpeer/models"
)

// pathID is the product the bodies are posted to.
const pathID = 1

var (
	errInvalidUTF8       = errors.New("invalid UTF-8")
	errUnpairedSurrogate = errors.New("unpaired surrogate")
)

// answer returns the product as it is stored, or the message the client gets.
func answer(body []byte) string {
	var product models.Product
	if err := decode(body, &product); err != nil {
		return "Invalid JSON: " + err.Error()
	}
	if err := product.Validate(pathID); err != nil {
		return err.Error()
	}
	product.ProductID = pathID
	stored, err := json.Marshal(product)
	if err != nil {
		return err.Error()
	}
	return withShortEscapes(string(stored))
}

// withShortEscapes gives what Go before 1.22 writes, Debian's for one, the form it has had since: \b
// and \f. Nothing else that is recorded differs.
func withShortEscapes(stored string) string {
	return escape.ReplaceAllStringFunc(stored, func(text string) string {
		switch text {
		case `\u0008`:
			return `\b`
		case `\u000c`:
			return `\f`
		}
		return text
	})
}

// decode reads the one JSON value of body. What breaks the grammar comes first, in the words of
// Decoder.Decode, or of Unmarshal for text after the value, which Decode does not look at. Then
// text that is not Unicode: the decoder would put U+FFFD in its place, the contract refuses it.
func decode(body []byte, product *models.Product) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	err := decoder.Decode(product)
	var wrongType *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &wrongType) {
		return err
	}
	if rest := body[decoder.InputOffset():]; len(bytes.Trim(rest, " \t\r\n")) > 0 {
		return json.Unmarshal(body, product)
	}
	if !utf8.Valid(body) {
		return errInvalidUTF8
	}
	if hasUnpairedSurrogate(body) {
		return errUnpairedSurrogate
	}
	return err
}

// One escape of a JSON string; the group is what \u is followed by.
var escape = regexp.MustCompile(`\\(?:u([0-9a-fA-F]{4})|[^u])`)

// hasUnpairedSurrogate looks through body, which is well-formed JSON.
func hasUnpairedSurrogate(body []byte) bool {
	highEnd := -1 // where an escaped high surrogate ended, -1 when none waits for its other half
	for _, at := range escape.FindAllSubmatchIndex(body, -1) {
		var unit uint64
		if at[2] >= 0 {
			unit, _ = strconv.ParseUint(string(body[at[2]:at[3]]), 16, 16)
		}
		isLow := unit >= 0xdc00 && unit <= 0xdfff
		if (highEnd >= 0 || isLow) && (highEnd != at[0] || !isLow) {
			return true
		}
		highEnd = -1
		if unit >= 0xd800 && unit <= 0xdbff {
			highEnd = at[1]
		}
	}
	return highEnd >= 0
}

// hasFoldedKey tells whether a key of the outermost object of body, which is well-formed JSON, is a
// field's but for letter case.
func hasFoldedKey(body []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return false
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return false
		}
		for _, name := range fieldNames {
			if key != name && strings.EqualFold(key.(string), name) {
				return true
			}
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return false
		}
	}
	return false
}

var fieldNames = []string{
	"product_id", "sku", "manufacturer", "category_id", "weight", "some_other_id",
}
