// Whose a line of a stack is: this module's, the host's or the user's. An error
// of this module begins with the user's line.
//
// The first frame of a stack that is captured here is in this very file, and that
// tells the address of all of this module's: its folder or, in a bundle, one file.
// In a bundle that user's code is part of, nothing tells whose a frame is.

/** How many functions of this module may stand between `captureStack` and the user's. */
const OWN_FRAMES = 16;

/** An error whose stack leads to the caller of this module. Engines make a text of it when it is read. */
export function captureStack(): Error {
  const limit = stackTraceLimit();
  setStackTraceLimit(limit + OWN_FRAMES);
  const here = new Error();
  setStackTraceLimit(limit);
  return here;
}

/** The frames of the user's in a captured stack, innermost first; none where they cannot be told. */
export function userFrames(captured: Error): string[] {
  const frames = linesOf(captured);
  return frames.filter(usersAmong(frames));
}

/** The place of a frame, as in `file:///model.ts:12:10`; empty if it has none. */
export function placeOf(frame: string): string {
  // V8 and Bun write `at f (place)`, Firefox and Safari `f@place`.
  let [, place] = frame.match(/^\s*at (?:async )?(.*)$/) ?? [];
  if (place !== undefined) {
    const open = place.endsWith(")") ? place.indexOf(" (") : -1;
    if (open >= 0) place = place.slice(open + 2, -1);
    place = place.replace(/^eval at .*, /, "");
  } else {
    place = frame.replace(/^[^@:]*@/, "");
  }
  return POSITION.test(place) ? place : "";
}

/** An error whose stack begins with the user's line, wherever that can be told. */
export function fromUser<E extends Error>(make: () => E): E {
  const captured = captureStack();
  const frames = linesOf(captured);
  const first = frames.findIndex(usersAmong(frames));
  if (first < 0) return make();
  return withFrames(make, frames.slice(first, first + stackTraceLimit()));
}

/** An error with these frames for its stack. */
export function withFrames<E extends Error>(
  make: () => E,
  frames: readonly string[],
): E {
  // Hosts print an uncaught error by the frames it was made with, if it has any,
  // whatever its stack says.
  const limit = stackTraceLimit();
  setStackTraceLimit(0);
  const error = make();
  setStackTraceLimit(limit);
  // V8 and Bun begin it with the error itself.
  const title = frames.every((frame) => /^\s*at /.test(frame));
  Object.defineProperty(error, "stack", {
    value: (title ? [`${error.name}: ${error.message}`, ...frames] : frames)
      .join("\n"),
    configurable: true,
    writable: true,
  });
  return error;
}

/** The end of a place: line and column. */
const POSITION = /:\d+:\d+$/;

/** The files of the host's own code, in Node, Deno, Bun and browsers. */
const HOST =
  /^(?:(?:node|ext|bun|internal|resource|chrome):|(?:native|unknown)$)/;

/** Whether a frame is the user's; false for all of them where that cannot be told. */
function usersAmong(frames: readonly string[]): (frame: string) => boolean {
  const own = fileOf(placeOf(frames[0] ?? ""));
  const folder = own.match(/^(.*[\\/]src[\\/])stack\.\w+$/)?.[1];
  const isOwn = (file: string) =>
    folder === undefined ? file === own : file.startsWith(folder);
  return (frame) => {
    const file = fileOf(placeOf(frame));
    return own !== "" && file !== "" && !HOST.test(file) && !isOwn(file);
  };
}

/** The address of the file that a place is in, without what a server may append to it. */
function fileOf(place: string): string {
  return place.replace(POSITION, "").replace(/[?#].*$/, "");
}

/** The lines of a stack that are frames. */
function linesOf({ stack }: Error): string[] {
  if (typeof stack !== "string") return [];
  const lines = stack.split("\n");
  return lines.slice(
    Math.max(0, lines.findIndex((line) => placeOf(line) !== "")),
  );
}

// Not every engine has a limit, and in some hosts it cannot be changed.

function stackTraceLimit(): number {
  const limit: unknown = Reflect.get(Error, "stackTraceLimit");
  return typeof limit === "number" ? limit : Infinity;
}

function setStackTraceLimit(limit: number): void {
  if (Reflect.has(Error, "stackTraceLimit")) {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}
