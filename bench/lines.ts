/** The lines of a text that comes in chunks, without their ends. */
export async function* linesOf(
  chunks: ReadableStream<string>,
): AsyncGenerator<string> {
  // A line may be many chunks long: joined once.
  let parts: string[] = [];
  for await (const chunk of chunks) {
    const [first, ...others] = chunk.split("\n");
    parts.push(first!);
    for (const next of others) {
      yield parts.join("");
      parts = [next];
    }
  }
  const last = parts.join("");
  if (last !== "") yield last;
}
