// Command patternmatcher reports whether moby/patternmatcher matches paths to patterns.
//
// Each line of standard input is a JSON array: the path, then the patterns in order. Each line of standard output is
// 1 for a match, 0 for no match, and E for invalid patterns.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/moby/patternmatcher"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var words []string
		if err := json.Unmarshal(in.Bytes(), &words); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintln(out, answer(words[0], words[1:]))
	}
}

func answer(path string, patterns []string) string {
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return "E"
	}
	matched, _, err := matcher.MatchesUsingParentResults(path, patternmatcher.MatchInfo{})
	switch {
	case err != nil:
		return "E"
	case matched:
		return "1"
	default:
		return "0"
	}
}
