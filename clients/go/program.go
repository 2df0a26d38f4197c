package slipway

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"google.golang.org/grpc/codes"

	"slipway.dev/client/internal/hostfolder"
)

// findProgram returns the host's program. The clients in all languages look in the same order: $SLIPWAY, the package
// with the host, which Go has none of, the PATH, the usual folders.
func findProgram(socket string) (string, error) {
	if program := os.Getenv("SLIPWAY"); program != "" {
		return program, nil
	}
	if program, err := exec.LookPath("slipway"); err == nil {
		return program, nil
	}
	for _, path := range usualPaths() {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", &Error{
		Code:    codes.Unavailable,
		Reason:  "HOST_NOT_INSTALLED",
		Message: fmt.Sprintf("No host listens on unix://%s, and its program is not installed.", socket),
		Remedy:  "Run `go run slipway.dev/client/cmd/slipway-install ARCHIVE`, or set SLIPWAY to the path of the program.",
	}
}

// usualPaths are where installers put the program, also for processes whose PATH does not say so.
func usualPaths() []string {
	paths := []string{"/usr/local/bin/slipway", "/usr/bin/slipway"}
	folder, err := hostfolder.Path()
	if err != nil {
		return paths
	}
	return append([]string{filepath.Join(folder, hostfolder.Program)}, paths...)
}
