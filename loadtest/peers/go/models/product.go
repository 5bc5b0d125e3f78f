// Package models holds the product and its rules. The names of the package and of the type are part
// of the contract: encoding/json puts them into its error messages.
package models

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

const (
	maxSkuCharacters          = 100
	maxManufacturerCharacters = 200
)

// Product is one product of the catalogue. The integers are int, not int32, so that a number which
// is only too large for the contract gets the contract's message and not the decoder's.
type Product struct {
	ProductID    int    `json:"product_id"`
	Sku          string `json:"sku"`
	Manufacturer string `json:"manufacturer"`
	CategoryID   int    `json:"category_id"`
	Weight       int    `json:"weight"`
	SomeOtherID  int    `json:"some_other_id"`
}

// Validate returns the first rule that p breaks, in the contract's order, when it is to be stored
// under pathID.
func (p *Product) Validate(pathID int) error {
	if err := checkText("sku", p.Sku, maxSkuCharacters); err != nil {
		return err
	}
	if err := checkText("manufacturer", p.Manufacturer, maxManufacturerCharacters); err != nil {
		return err
	}
	if err := checkInteger("category_id", p.CategoryID, 1); err != nil {
		return err
	}
	if err := checkInteger("weight", p.Weight, 0); err != nil {
		return err
	}
	if err := checkInteger("some_other_id", p.SomeOtherID, 1); err != nil {
		return err
	}
	if p.ProductID > math.MaxInt32 {
		return tooLarge("product_id")
	}
	if p.ProductID != 0 && p.ProductID != pathID {
		return errors.New("product_id must match productId in the path")
	}
	return nil
}

func checkText(field, value string, maxCharacters int) error {
	if value == "" {
		return fmt.Errorf("%s is required", field)
	}
	if utf8.RuneCountInString(value) > maxCharacters {
		return fmt.Errorf("%s must be at most %d characters", field, maxCharacters)
	}
	return nil
}

func checkInteger(field string, value, minimum int) error {
	if value < minimum {
		return fmt.Errorf("%s must be >= %d", field, minimum)
	}
	if value > math.MaxInt32 {
		return tooLarge(field)
	}
	return nil
}

func tooLarge(field string) error {
	return fmt.Errorf("%s must be <= %d", field, math.MaxInt32)
}
