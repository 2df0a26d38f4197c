// Package driver is the SDK for Slipway drivers in Go. A driver knows where BuildKit runs; it is a type with five
// methods (see [Driver]), and its plugin is one call of [Serve]. A [NativeDriver] builds by itself instead:
//
//	func main() {
//		driver.Serve(driver.Plugin{Name: "here", Version: "0.1.0", Drivers: []driver.Driver{here{}}})
//	}
//
// The SDK implements the process contract on hashicorp/go-plugin: handshake, mutual TLS, the folder for sockets, and the
// end of the process when the host stops it or dies. It checks each configuration against the driver's [Descriptor]
// before the driver sees it, runs calls that change the same node one after another, turns the
// endpoints of [Driver.Acquire] into what the host connects to, and converts errors and panics to typed errors.
//
// A driver can do more by implementing further interfaces: [Validator], [Upgrader], [Stopper], [ImplicitLister] and
// [ImageStorer]. The SDK derives the capabilities of the descriptor from them.
//
// Logs go through log/slog: Serve makes its default logger write what the host reads.
//
// The protocol is in docs/driver-protocol.md of the repository.
package driver
