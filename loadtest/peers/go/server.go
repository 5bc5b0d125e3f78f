package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const maxBodyBytes = 64 * 1024

// server answers the fixed operations of the contract and GET /health.
type server struct {
	store *store
}

// ServeHTTP finds the route itself: http.ServeMux redirects paths that it thinks unclean, such as
// /products//details, which the contract answers.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	segments := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case len(segments) == 1 && segments[0] == "health":
		if allowRead(w, r) {
			writeJSON(w, http.StatusOK, struct {
				Status string `json:"status"`
			}{"ok"})
		}
	case len(segments) == 2 && segments[0] == "products":
		if allowRead(w, r) {
			s.getProduct(w, segments[1])
		}
	case len(segments) == 3 && segments[0] == "products" && segments[2] == "details":
		if allow(w, r, http.MethodPost) {
			s.putProduct(w, r, segments[1])
		}
	default:
		writeError(w, http.StatusNotFound, "NOT_FOUND", "no such path")
	}
}

func (s *server) getProduct(w http.ResponseWriter, segment string) {
	id, err := parseProductID(segment)
	if err != nil {
		writeInvalidInput(w, err.Error())
		return
	}
	product, ok := s.store.find(id)
	if !ok {
		message := fmt.Sprintf("product with ID %d not found", id)
		writeError(w, http.StatusNotFound, "NOT_FOUND", message)
		return
	}
	writeJSON(w, http.StatusOK, product)
}

func (s *server) putProduct(w http.ResponseWriter, r *http.Request, segment string) {
	id, err := parseProductID(segment)
	if err != nil {
		writeInvalidInput(w, err.Error())
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			message := fmt.Sprintf("body must be at most %d bytes", maxBodyBytes)
			writeError(w, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", message)
			return
		}
		writeInvalidInput(w, "body could not be read")
		return
	}
	product, err := decodeProduct(body)
	if err != nil {
		writeInvalidInput(w, "Invalid JSON: "+err.Error())
		return
	}
	if err := product.Validate(id); err != nil {
		writeInvalidInput(w, err.Error())
		return
	}
	product.ProductID = id
	s.store.put(product)
	w.WriteHeader(http.StatusNoContent)
}

func parseProductID(segment string) (int, error) {
	id, err := strconv.ParseInt(segment, 10, 32)
	if err != nil {
		return 0, errors.New("productId must be an integer")
	}
	if id < 1 {
		return 0, errors.New("productId must be >= 1")
	}
	return int(id), nil
}

// allowRead lets GET and HEAD through; net/http leaves the body of an answer to HEAD away.
func allowRead(w http.ResponseWriter, r *http.Request) bool {
	return allow(w, r, http.MethodGet, http.MethodHead)
}

// allow answers 405 and returns false when the request's method is none of methods.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	for _, method := range methods {
		if r.Method == method {
			return true
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	writeError(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "method not allowed")
	return false
}

func writeInvalidInput(w http.ResponseWriter, message string) {
	writeError(w, http.StatusBadRequest, "INVALID_INPUT", message)
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{code, message})
}

// writeJSON sends value and a newline. It states the length itself, for net/http falls back to
// chunks when a body is longer than its buffer.
func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	body = append(body, '\n')
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// An error here means that the client left.
	_, _ = w.Write(body)
}
