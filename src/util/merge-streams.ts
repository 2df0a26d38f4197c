import { Channel } from "./channel.js";

/** The items of several streams as they come, each stream in its order. Ends all streams when one fails or the reader leaves. */
export async function* mergeStreams<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const channel = new Channel<T>();
  let isOver = false;
  const reading = streams.map(async (stream) => {
    for await (const item of stream) {
      if (isOver) return;
      await channel.send(item);
    }
  });
  const all = Promise.all(reading).then(
    () => channel.close(),
    (cause) => channel.fail(cause),
  );
  try {
    yield* channel;
    await all;
  } finally {
    isOver = true;
    channel.close();
  }
}
