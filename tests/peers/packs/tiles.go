// A published log (C2SP tlog-tiles) as Go's checksum database client reads it: every entry of the last bundle
// and samples of the others are proved in the head, and the head against an older one.
//
//	tiles LOG-KEY FOLDER OLD-CHECKPOINT
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folder reads tiles. The client's own paths have the tile's height in them, C2SP's do not.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

// bundle has the entries of a bundle in a log of that size.
func (f folder) bundle(number, size int64) ([][]byte, error) {
	tile := tlog.Tile{H: 8, L: 0, N: number, W: 256}
	if left := size - number*256; left < 256 {
		tile.W = int(left)
	}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	bytes, err := os.ReadFile(filepath.Join(string(f), path))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(bytes) > 0 {
		if len(bytes) < 2 || len(bytes) < 2+int(binary.BigEndian.Uint16(bytes)) {
			return nil, errors.New("a bundle that ends within an entry")
		}
		end := 2 + int(binary.BigEndian.Uint16(bytes))
		entries = append(entries, bytes[2:end])
		bytes = bytes[end:]
	}
	if len(entries) != tile.W {
		return nil, errors.New("a bundle of another width")
	}
	return entries, nil
}

func head(path string, key note.Verifier) (tlog.Tree, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(text, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() {
		return tlog.Tree{}, errors.New("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func check(f folder, old string, key note.Verifier) (string, error) {
	now, err := head(filepath.Join(string(f), "checkpoint"), key)
	if err != nil {
		return "", err
	}
	before, err := head(old, key)
	if err != nil {
		return "", err
	}
	reader := tlog.TileHashReader(now, f)
	last := (now.N - 1) / 256
	for number := int64(0); number <= last; number++ {
		entries, err := f.bundle(number, now.N)
		if err != nil {
			return "", err
		}
		for at, entry := range entries {
			if number != last && at != 0 && at != 255 && at != int(number%256) {
				continue
			}
			index := number*256 + int64(at)
			proof, err := tlog.ProveRecord(now.N, index, reader)
			if err != nil {
				return "", err
			}
			if err := tlog.CheckRecord(proof, now.N, now.Hash, index, tlog.RecordHash(entry)); err != nil {
				return "", err
			}
		}
	}
	proof, err := tlog.ProveTree(now.N, before.N, reader)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckTree(proof, now.N, now.Hash, before.N, before.Hash); err != nil {
		return "", err
	}
	return fmt.Sprintf("accepted %d %d", before.N, now.N), nil
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	key, err := note.NewVerifier(strings.TrimSpace(string(text)))
	if err != nil {
		panic(err)
	}
	said, err := check(folder(os.Args[2]), os.Args[3], key)
	if err != nil {
		said = "refused: " + err.Error()
	}
	fmt.Println(said)
}
