// Command text-template executes templates as docker does, on the data that fuzz/templates.ts has too.
//
// Each line of standard input is a template as a JSON string. Each line of standard output is the result as a JSON
// string, or null if the template is refused or fails.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/docker/cli/templates"
)

type item struct {
	Name string
	Size int
	Tags []string `json:"tags,omitempty"`
}

type data struct {
	Name    string
	Text    string
	Empty   string
	Count   int
	Zero    int
	Ratio   float64
	Yes     bool
	No      bool
	List    []string
	Numbers []int
	Nothing []string
	Labels  map[string]string
	Any     map[string]any
	Items   []item
	Item    item
	Nil     *item
}

func (data) Method(text string, number int) string {
	return fmt.Sprintf("%s-%d", text, number)
}

func main() {
	var anything map[string]any
	const source = `{"a":1,"b":2.5,"c":"x<y","d":[1,"two",null],"e":{"f":true,"g":1e21},"h":null,"i":[],"j":1e-7}`
	if err := json.Unmarshal([]byte(source), &anything); err != nil {
		panic(err)
	}
	it := item{Name: "first", Size: 3, Tags: []string{"x", "y"}}
	value := data{
		Name:    "far-away_builder one",
		Text:    "é<b>&\"quoted\" 'x' = 日本\n\ttab\\",
		Count:   42,
		Ratio:   2.5,
		Yes:     true,
		List:    []string{"b", "a", "c c"},
		Numbers: []int{3, -1, 20},
		Labels:  map[string]string{"k": "v", "a": "1", "é": "z"},
		Any:     anything,
		Items:   []item{it, {Name: "second"}},
		Item:    it,
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var text string
		if err := json.Unmarshal(in.Bytes(), &text); err != nil {
			panic(err)
		}
		answer, err := json.Marshal(execute(text, value))
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(out, "%s\n", answer)
	}
}

func execute(text string, value data) any {
	template, err := templates.Parse(text)
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	if err := template.Execute(&out, value); err != nil {
		return nil
	}
	return out.String()
}
