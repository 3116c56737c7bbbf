//go:build !linux

package service

func forgetStart() {}
