package driver

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestOwnFolder(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", parent)
	make := func(name string) string {
		folder := filepath.Join(parent, name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	listen := func(folder string) *net.UnixListener {
		listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(folder, "plugin1")})
		if err != nil {
			t.Fatal(err)
		}
		return listener
	}
	killed, live, starting, old, foreign := make("slipway-plugin-killed"), make("slipway-plugin-live"),
		make("slipway-plugin-starting"), make("slipway-plugin-old"), make("other")
	left := listen(killed)
	left.SetUnlinkOnClose(false)
	left.Close()
	defer listen(live).Close()
	files := make("slipway-plugin-files")
	if err := os.WriteFile(filepath.Join(files, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(-2 * emptyTimeout)
	if err := os.Chtimes(old, before, before); err != nil {
		t.Fatal(err)
	}

	own, err := makeOwnFolder()
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(own); info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %v", info.Mode())
	}
	for folder, want := range map[string]bool{killed: false, old: false, live: true, starting: true, files: true, foreign: true} {
		if _, err := os.Stat(folder); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", folder, err, want)
		}
	}
}
