// Tables in Markdown.

/** A whole number with its thousands apart. */
export function count(n: number): string {
  return n.toLocaleString("en");
}

/** A table as `deno fmt` would lay it out. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, k) =>
    Math.max(3, title.length, ...rows.map((row) => row[k]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, k) => cell.padEnd(widths[k]!)).join(" | ")} |`;
  return [
    line(head),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map(line),
  ].join("\n");
}
