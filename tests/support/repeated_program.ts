// Random programs that repeat themselves: loops over random bodies.
import {
  add,
  atan2,
  ge,
  logSumExp,
  lt,
  max,
  mul,
  type Scalar,
  select,
  sin,
  sub,
} from "../../mod.ts";
import { seededRandom } from "./numeric.ts";

/** Where a body's operation finds an operand in iteration t. */
type Source = (t: number, own: readonly Scalar[]) => Scalar;

type Apply = (...operands: [Scalar, Scalar, Scalar]) => Scalar;

// All bounded, so that numbers stay apart from one another.
const OPERATIONS: readonly Apply[] = [
  (a, b) => add(mul(a, 0.5), b),
  (a, b) => sin(add(a, b)),
  (a, b) => mul(sin(a), b),
  (a, b) => sub(mul(b, 0.25), a),
  (a, b) => max(a, b),
  (a, b) => atan2(a, add(b, 3)),
  (a, b, c) => select(lt(a, b), c, mul(a, 0.5)),
  (a, b, c) => select(a, ge(b, c), c),
  (a, b, c) => sin(logSumExp([a, b, c])),
  (a, b) => sin(mul(a, b)),
];

/** What a seed makes: a function of {@linkcode INPUTS} numbers, and of what it is. */
export interface RepeatedProgram {
  readonly run: (xs: readonly Scalar[]) => Scalar[];
  readonly what: string;
}

/** How many numbers the functions take. */
export const INPUTS = 24;

/**
 * A few loops, one after another, whose bodies read inputs and constants, those
 * that stand still and those that change, their own iteration and those before,
 * and the loops before them, forwards, backwards and anywhere.
 *
 * @param longest How many operations a body has at most.
 */
export function repeatedProgram(
  seed: number,
  longest: number,
): RepeatedProgram {
  const sizes: string[] = [];
  const run = (xs: readonly Scalar[]): Scalar[] => {
    const random = seededRandom(seed);
    const upTo = (n: number) => Math.floor(n * random());
    const pick = <T>(list: readonly T[]): T => list[upTo(list.length)]!;
    sizes.length = 0;
    const loops: Scalar[][][] = [];
    const all: Scalar[] = [...xs, sin(xs[0]!), mul(xs[1]!, xs[2]!)];
    const numbers = [0.5, -0, random(), seed % 4 === 0 ? NaN : 2];
    const irregular = random() < 0.7 ? 0 : 0.02 * random() ** 2;
    const wild = random() < 0.3;
    const loopCount = 1 + upTo(4);
    for (let l = 0; l < loopCount; l++) {
      const places = 1 + upTo(random() < 0.3 ? longest : 20);
      const times = 4 + upTo(Math.min(60, 4000 / places));
      sizes.push(`${places}×${times}`);
      const iterations: Scalar[][] = [];
      const source = (place: number): Source => {
        const still = pick(all), number = pick(numbers);
        const j = upTo(places), back = 1 + upTo(random() < 0.7 ? 1 : 4);
        const offset = upTo(INPUTS), step = pick([0, 1, 1, -1, 2, 5]);
        const other = pick(loops), k = other && upTo(other[0]!.length);
        const distance = 1 + upTo(random() < 0.8 ? 3 : places);
        const turn = random() < 0.7, shift = upTo(3);
        const input = (at: number) => xs[((at % INPUTS) + INPUTS) % INPUTS]!;
        switch (upTo(9)) {
          case 0:
            return () => still;
          case 1:
            return () => number;
          case 2: // another in each iteration
            return (t) => wild && random() < 0.01 ? -0 : t + random();
          case 3:
            return (t) => input(offset + step * t);
          case 4:
            return () => wild ? pick(all) : still;
          case 5:
            if (other === undefined) return () => still;
            return (t) => {
              const from = turn ? other.length - 1 - t - shift : t + shift;
              return (other[from] ?? other[0]!)[k!]!;
            };
          case 6:
          case 7:
            return (t) => iterations[t - back]?.[j] ?? still;
          default:
            return (_t, own) => own[place - distance] ?? still;
        }
      };
      const body = Array.from({ length: places }, (_, place) => {
        const apply = pick(OPERATIONS);
        const near = random() < 0.4;
        const a = source(place), b = source(place), c = source(place);
        return (t: number, own: readonly Scalar[]) =>
          apply(
            near && place > 0 ? own[place - 1]! : a(t, own),
            b(t, own),
            c(t, own),
          );
      });
      for (let t = 0; t < times; t++) {
        const own: Scalar[] = [];
        iterations.push(own);
        for (const operation of body) {
          own.push(
            random() < irregular ? sin(add(pick(all), 0.1)) : operation(t, own),
          );
        }
        all.push(...own);
      }
      loops.push(iterations);
    }
    // All of it, so that nothing is dead code.
    return [xs[3]!, ...all, xs[3]!, 0.5];
  };
  return {
    run,
    get what() {
      return `seed ${seed}: ${sizes}`;
    },
  };
}
