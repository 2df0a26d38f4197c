package driver

import (
	"bufio"
	"slices"
)

// chunkBytes is the largest part of a stream in one message; larger ones are not faster.
const chunkBytes = 256 << 10

// newChunks returns a writer that sends what is written in chunks, and the rest when it is flushed.
func newChunks(send func(chunk []byte) error) *bufio.Writer {
	return bufio.NewWriterSize(chunkWriter(send), chunkBytes)
}

type chunkWriter func(chunk []byte) error

func (send chunkWriter) Write(data []byte) (sent int, err error) {
	for chunk := range slices.Chunk(data, chunkBytes) {
		if err := send(chunk); err != nil {
			return sent, err
		}
		sent += len(chunk)
	}
	return sent, nil
}
