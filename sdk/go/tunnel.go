package driver

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

func (s *service) Tunnel(stream grpc.BidiStreamingServer[driverv1.TunnelRequest, driverv1.TunnelResponse]) error {
	ctx := stream.Context()
	first, err := stream.Recv()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	start := first.GetStart()
	if start == nil {
		return invalidRequest("start", "START_MISSING", "The first message of a tunnel must name its lease.")
	}
	if s.drivers.native[start.Driver] != nil {
		return capabilityMissing(start.Driver, "Tunnel", tunnelBytes)
	}
	if _, err := s.drivers.get(start.Driver); err != nil {
		return err
	}
	lease, err := s.leases.find(start)
	if err != nil {
		return err
	}
	connection, err := lease.relay.connect(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	for _, owner := range []context.Context{ctx, lease.ctx} {
		defer context.AfterFunc(owner, func() { connection.Close() })()
	}
	// Its last Recv returns when this call does.
	go func() {
		for {
			request, err := stream.Recv()
			if err != nil {
				closeWrite(connection)
				return
			}
			if _, err := connection.Write(request.GetData()); err != nil {
				return // Reading fails too, and reports it.
			}
		}
	}()
	buffer := make([]byte, chunkBytes)
	for {
		count, err := connection.Read(buffer)
		if count > 0 {
			// SendMsg has serialized the message when it returns, so the buffer can be used again.
			if err := stream.Send(&driverv1.TunnelResponse{Data: buffer[:count]}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return Errorf(codes.Unavailable, "CONNECTION_LOST", "The connection to BuildKit broke: %w.", err)
		}
	}
}

// splice passes the bytes of two connections to each other until both directions have ended. The end of one direction is
// passed on as a half-close.
func splice(a, b io.ReadWriter) {
	var both sync.WaitGroup
	both.Go(func() { pump(a, b) })
	both.Go(func() { pump(b, a) })
	both.Wait()
}

// pump passes bytes on until the source ends or breaks, or the sink breaks. An error counts as an end: raw bytes cannot
// carry it.
func pump(source io.Reader, sink io.Writer) {
	io.Copy(sink, source)
	closeWrite(sink)
}

func closeWrite(sink io.Writer) {
	if half, ok := sink.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}
