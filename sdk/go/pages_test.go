package driver

import (
	"fmt"
	"slices"
	"testing"

	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

func same(entry string) string { return entry }

func TestPagesJoinToTheWholeList(t *testing.T) {
	entries := []string{"a", "b", "c", "d", "e"}
	request := &driverv1.ListImplicitBuildersRequest{
		Driver: "sample", PageSize: 2, Environment: map[string]string{"A": "1", "B": "2"},
	}
	var seen []string
	for count := 1; ; count++ {
		page, err := readPage(request)
		if err != nil {
			t.Fatal(err)
		}
		part, next := pageOf(page, entries, same)
		seen = append(seen, fmt.Sprint(part))
		if next == "" {
			break
		}
		request.PageToken = next
	}
	if !slices.Equal(seen, []string{"[a b]", "[c d]", "[e]"}) {
		t.Fatal(seen)
	}
}

func TestAPageFollowsAnEntryThatIsGone(t *testing.T) {
	request := &driverv1.ListImplicitBuildersRequest{PageSize: 2}
	first, _ := readPage(request)
	_, request.PageToken = pageOf(first, []string{"b", "c", "d", "e"}, same)
	second, err := readPage(request)
	if err != nil {
		t.Fatal(err)
	}
	for _, entries := range [][]string{{"a", "b", "c", "d", "e"}, {"b", "d", "e"}} {
		if part, next := pageOf(second, entries, same); !slices.Equal(part, []string{"d", "e"}) || next != "" {
			t.Errorf("%v: %v %q", entries, part, next)
		}
	}
	if part, next := pageOf(second, nil, same); len(part) != 0 || next != "" {
		t.Errorf("%v %q", part, next)
	}
}

func TestAWrongPageIsRefused(t *testing.T) {
	request := &driverv1.ListImplicitBuildersRequest{Driver: "sample", PageSize: 1}
	first, _ := readPage(request)
	_, token := pageOf(first, []string{"a", "b"}, same)
	for reason, wrong := range map[string][]*driverv1.ListImplicitBuildersRequest{
		"InvalidArgument PAGE_SIZE_INVALID": {{PageSize: -1}},
		"InvalidArgument PAGE_TOKEN_INVALID": {
			{PageToken: "made up"}, {PageToken: "aW52ZW50ZWQ"}, {PageToken: token + "AA"},
			{Driver: "other", PageToken: token},
		},
	} {
		for _, request := range wrong {
			if _, err := readPage(request); reasonOf(err) != reason {
				t.Errorf("%v: %v", request, err)
			}
		}
	}
	if page, err := readPage(&driverv1.ListImplicitBuildersRequest{PageSize: 5000}); err != nil || page.size != pageEntries {
		t.Error(page, err)
	}
}
