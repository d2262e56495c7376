//go:build tools

// Package tools names the program that the tests open pprof files with.
package tools

import _ "github.com/google/pprof"
