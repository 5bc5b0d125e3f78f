package main

import (
	"sync"

	"productpeer/models"
)

// store keeps the products by id. Safe for concurrent use.
type store struct {
	mu       sync.RWMutex
	products map[int]models.Product
}

func newStore() *store {
	return &store{products: make(map[int]models.Product)}
}

func (s *store) find(id int) (models.Product, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	product, ok := s.products[id]
	return product, ok
}

func (s *store) put(product models.Product) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.products[product.ProductID] = product
}
