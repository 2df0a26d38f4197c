/** One line of an Engine's answer to a load, push or pull; only the fields that are used. */
export interface EngineMessage {
  /** Text for people, with a line feed: "Loaded image: a:1". */
  stream?: string;
  /** State of the layer in `id`: "Pushing", "Layer already exists". */
  status?: string;
  id?: string;
  progressDetail?: { current?: number; total?: number };
  /** Why the operation failed, although the answer began with 200. */
  error?: string;
  errorDetail?: { message?: string };
  /** Data for programs. */
  aux?: { Digest?: string };
}

/** Reads an answer that is a stream of JSON lines. Throws when the stream is cut off. */
export async function* readMessages(
  answer: AsyncIterable<Uint8Array | string>,
): AsyncIterable<EngineMessage> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of answer) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
  }
  if (rest.trim()) yield JSON.parse(rest);
}

/** Why the operation failed, if the message says so. */
export function failureOf({ error, errorDetail }: EngineMessage): string | undefined {
  return errorDetail?.message || error || undefined;
}
