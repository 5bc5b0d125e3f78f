package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const sample = `{"product_id":1,"sku":"ABC-123-XYZ","manufacturer":"Acme Corporation",` +
	`"category_id":456,"weight":1250,"some_other_id":789}`

func send(s *server, method, path, body string) *httptest.ResponseRecorder {
	response := httptest.NewRecorder()
	s.ServeHTTP(response, httptest.NewRequest(method, path, strings.NewReader(body)))
	return response
}

// post sends body to product 1 and returns the answer's body.
func post(t *testing.T, body string) string {
	t.Helper()
	return send(&server{store: newStore()}, http.MethodPost, "/products/1/details", body).Body.String()
}

func invalidInput(message string) string {
	return `{"error":"INVALID_INPUT","message":"` + message + "\"}\n"
}

func TestPostThenGetReturnsTheProduct(t *testing.T) {
	s := &server{store: newStore()}
	if got := send(s, http.MethodPost, "/products/+01/details", sample).Code; got != 204 {
		t.Fatalf("POST: status %d", got)
	}
	got := send(s, http.MethodGet, "/products/%31", "")
	if got.Code != 200 || got.Body.String() != sample+"\n" {
		t.Errorf("GET: %d %s", got.Code, got.Body)
	}
	if length := got.Header().Get("Content-Length"); length != "123" {
		t.Errorf("Content-Length: %s", length)
	}
}

func TestRefusedBodies(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(sample, old, new, 1) }
	rows := []struct{ body, message string }{
		{"", `Invalid JSON: EOF`},
		{`{"sku":"a`, `Invalid JSON: unexpected EOF`},
		{"nul", `Invalid JSON: unexpected EOF`},
		{"not json", `Invalid JSON: invalid character 'o' in literal null (expecting 'u')`},
		{`{"sku":5} x`, `Invalid JSON: invalid character 'x' after top-level value`},
		{"5x", `Invalid JSON: invalid character 'x' after top-level value`},
		{with("ABC", "\n"), `Invalid JSON: invalid character '\\n' in string literal`},
		{with("ABC", "\xff"), `Invalid JSON: invalid UTF-8`},
		{with("ABC", `\\\ud800`), `Invalid JSON: unpaired surrogate`},
		{with("ABC", `\udc00`), `Invalid JSON: unpaired surrogate`},
		{with("ABC", `\ud83d\u0041`), `Invalid JSON: unpaired surrogate`},
		{"[]", `Invalid JSON: json: cannot unmarshal array into Go value of type models.Product`},
		{with("1250", "1e2"), `Invalid JSON: json: cannot unmarshal number 1e2 into Go struct field Product.weight of type int`},
		{with("1250", "2147483648"), `weight must be \u003c= 2147483647`},
		{with("1250", "-1"), `weight must be \u003e= 0`},
		{"null", `sku is required`},
		{with("ABC-123-XYZ", strings.Repeat("é", 101)), `sku must be at most 100 characters`},
		{with("456", "0"), `category_id must be \u003e= 1`},
		{with(`"product_id":1`, `"product_id":2`), `product_id must match productId in the path`},
	}
	for _, row := range rows {
		if got := post(t, row.body); got != invalidInput(row.message) {
			t.Errorf("%q\n got %s want %s", row.body, got, invalidInput(row.message))
		}
	}
}

func TestAcceptedBodies(t *testing.T) {
	for _, body := range []string{
		strings.Replace(sample, "ABC", `\ud83d\ude00\\ud800`, 1),
		strings.Replace(sample, `"product_id":1,`, "", 1),
		strings.Replace(sample, "1250", "-0", 1),
		strings.Replace(sample, "1250", "null", 1),
		`{"unknown":[{}],"sku":"first",` + sample[1:] + " \n",
	} {
		if got := post(t, body); got != "" {
			t.Errorf("%s: %s", body, got)
		}
	}
}

func TestPathsAndMethods(t *testing.T) {
	rows := []struct {
		method, path string
		status       int
		allow, body  string
	}{
		{"GET", "/health", 200, "", `{"status":"ok"}`},
		{"GET", "/products/999", 404, "", `{"error":"NOT_FOUND","message":"product with ID 999 not found"}`},
		{"GET", "/products/", 400, "", `{"error":"INVALID_INPUT","message":"productId must be an integer"}`},
		{"POST", "/products/-1/details", 400, "", `{"error":"INVALID_INPUT","message":"productId must be \u003e= 1"}`},
		{"POST", "/products//details", 400, "", `{"error":"INVALID_INPUT","message":"productId must be an integer"}`},
		{"GET", "/", 404, "", `{"error":"NOT_FOUND","message":"no such path"}`},
		{"PUT", "/products/1", 405, "GET, HEAD", `{"error":"METHOD_NOT_ALLOWED","message":"method not allowed"}`},
		{"GET", "/products/1/details", 405, "POST", `{"error":"METHOD_NOT_ALLOWED","message":"method not allowed"}`},
	}
	for _, row := range rows {
		got := send(&server{store: newStore()}, row.method, row.path, "not json")
		if got.Code != row.status || got.Header().Get("Allow") != row.allow || got.Body.String() != row.body+"\n" {
			t.Errorf("%s %s: %d %v %s", row.method, row.path, got.Code, got.Header(), got.Body)
		}
	}
}

func TestBodyOverTheLimit(t *testing.T) {
	s := &server{store: newStore()}
	got := send(s, http.MethodPost, "/products/1/details", strings.Repeat(" ", maxBodyBytes+1))
	if got.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", got.Code)
	}
}
