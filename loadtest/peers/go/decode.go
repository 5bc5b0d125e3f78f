package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"productpeer/models"
)

var (
	errInvalidUTF8       = errors.New("invalid UTF-8")
	errUnpairedSurrogate = errors.New("unpaired surrogate")
)

// decodeProduct reads the one JSON value of body. Its errors are the contract's texts after
// "Invalid JSON: ". A syntax error anywhere wins over text that is not Unicode, and that over a
// value of the wrong type.
//
// Known difference to productd: encoding/json also takes a key that differs from the field's name
// only in case ("SKU"); productd takes the exact name and ignores any other.
func decodeProduct(body []byte) (models.Product, error) {
	var product models.Product
	decoder := json.NewDecoder(bytes.NewReader(body))
	err := decoder.Decode(&product)

	var wrongType *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &wrongType) {
		return product, err
	}
	// Decode stops at the end of the first value, Unmarshal looks at what follows it.
	if len(bytes.TrimLeft(body[decoder.InputOffset():], " \t\r\n")) > 0 {
		return product, json.Unmarshal(body, &models.Product{})
	}
	// The decoder would put U+FFFD in place of either.
	if textErr := checkText(body); textErr != nil {
		return product, textErr
	}
	return product, err
}

// checkText looks for bytes that are not UTF-8 and for escapes of half a surrogate pair in body,
// which is well-formed JSON: both can only be inside strings.
func checkText(body []byte) error {
	if !utf8.Valid(body) {
		return errInvalidUTF8
	}
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 {
			return nil
		}
		body = body[at:]
		if body[1] != 'u' {
			body = body[2:]
			continue
		}
		unit := escapedUnit(body)
		body = body[6:]
		if unit < 0xd800 || unit > 0xdfff {
			continue
		}
		low := escapedUnit(body)
		if unit > 0xdbff || low < 0xdc00 || low > 0xdfff {
			return errUnpairedSurrogate
		}
		body = body[6:]
	}
}

// escapedUnit returns the UTF-16 unit that text starts with as \uXXXX, 0 if it does not.
func escapedUnit(text []byte) uint64 {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return unit
}
