package content

import "testing"

func TestAppendItem(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"block", "a:\n  - x\n  - y\nb: 1\n", "a:\n  - x\n  - y\n  - New\nb: 1\n"},
		{"block level with its key", "a:\n- x\nb: 1\n", "a:\n- x\n- New\nb: 1\n"},
		{"comment behind the last item", "a:\n  - x # why\n\nb: 1\n", "a:\n  - x # why\n  - New\n\nb: 1\n"},
		{"at the end of the file", "a:\n  - x", "a:\n  - x\n  - New"},
		{"wide dash", "a:\n  -   'x'\n", "a:\n  -   'x'\n  -   New\n"},
		{"CRLF", "a:\r\n  - x\r\nb: 1\r\n", "a:\r\n  - x\r\n  - New\r\nb: 1\r\n"},
		{"flow", "a: [x, \"y\"] # c\n", "a: [x, \"y\", New] # c\n"},
		{"flow over lines", "a: [\n  x,\n  y\n]\n", "a: [\n  x,\n  y, New\n]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, problems := Parse("f.yaml", []byte(c.file))
			if doc == nil {
				t.Fatal(problems)
			}
			e, err := doc.AppendItem("New", "a")
			if err != nil {
				t.Fatal(err)
			}
			got, err := Splice(doc.Source.Bytes, e)
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n got %q\nwant %q", err, got, c.want)
			}
		})
	}
	for name, file := range map[string]string{
		"an empty list":          "a: []\n",
		"no list":                "a: x\n",
		"a list of lists":        "a:\n  - [x]\n",
		"an item that has lines": "a:\n  - |\n    x\n",
	} {
		doc, _ := Parse("f.yaml", []byte(file))
		if e, err := doc.AppendItem("New", "a"); err == nil {
			got, _ := Splice(doc.Source.Bytes, e)
			if again, _ := Parse("f.yaml", got); again == nil {
				t.Errorf("%s: edited into %q", name, got)
			}
		}
	}
}
