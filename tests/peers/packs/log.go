// The log's checkpoint and proof in packs as Go's checksum database client reads them. A line for
// each pack.
//
//	log LOG-KEY PACK...
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// check holds the pack's envelope against its proof, and that against its checkpoint.
func check(pack string, key note.Verifier) error {
	envelope, err := os.ReadFile(pack + "/statement.dsse.json")
	if err != nil {
		return err
	}
	signed, err := os.ReadFile(pack + "/proofs/checkpoint")
	if err != nil {
		return err
	}
	proof, err := os.ReadFile(pack + "/proofs/statement.tlog-proof")
	if err != nil {
		return err
	}
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return err
	}
	head := strings.Split(opened.Text, "\n")
	if len(head) != 4 || head[0] != key.Name() {
		return errors.New("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(head[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(head[2])
	if err != nil {
		return err
	}
	top, rest, found := bytes.Cut(proof, []byte("\n\n"))
	if !found || !bytes.Equal(rest, signed) {
		return errors.New("the proof has another checkpoint")
	}
	lines := strings.Split(string(top), "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return errors.New("no proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		step, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(step) != tlog.HashSize {
			return errors.New("no hash in the proof")
		}
		path = append(path, tlog.Hash{})
		copy(path[len(path)-1][:], step)
	}
	entry := sha256.Sum256(envelope)
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(entry[:]))
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
	for _, pack := range os.Args[2:] {
		if err := check(pack, key); err != nil {
			fmt.Println("refused:", err)
		} else {
			fmt.Println("accepted")
		}
	}
}
