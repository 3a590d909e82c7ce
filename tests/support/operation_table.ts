// Every operation beside the same function by other means, for tests that go
// through all of them.
import * as operations from "./all_operations.ts";
import type { Scalar } from "../../mod.ts";
import { lgammaBySum, polygammaBySum } from "./gamma.ts";

export interface OperationCase {
  readonly name: string;
  /** The module's operation; one over lists takes its elements one by one. */
  readonly apply: (...operands: Scalar[]) => Scalar;
  /** The same function of numbers, without the module. */
  readonly reference: (...operands: number[]) => number;
  /** The reference's own relative error inside the domain; 0: the same to the bit. */
  readonly tolerance: number;
  /** Where the reference and its central differences are accurate, an interval an operand. */
  readonly domain: readonly (readonly [low: number, high: number])[];
  /** How far a point is from where the derivative does not exist. */
  readonly kinkDistance: (...operands: number[]) => number;
}

/** Points nearer to a kink than this are not for central differences. */
const KINK_MARGIN = 0.2;

/** Whether central differences are accurate at a point. */
export function isSmoothAt(
  { domain, kinkDistance }: OperationCase,
  point: readonly number[],
): boolean {
  return kinkDistance(...point) > KINK_MARGIN &&
    domain.every(([low, high], i) => low <= point[i]! && point[i]! <= high);
}

/** A random point of an operation's domain, away from its kinks. */
export function samplePoint(
  operation: OperationCase,
  random: () => number,
): number[] {
  for (;;) {
    const point = operation.domain.map(([low, high]) =>
      low + (high - low) * random()
    );
    if (isSmoothAt(operation, point)) return point;
  }
}

/** erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)‼ (DLMF 7.6.2): nothing cancels. */
function erfSeries(x: number): number {
  let term = x, sum = 0;
  for (let n = 1; n < 120; n++) {
    sum += term;
    term *= 2 * x * x / (2 * n + 1);
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

const distanceToInteger = (x: number) => Math.abs(x - Math.round(x));
const gap = (a: number, b: number) => Math.abs(a - b);

type Rest = Partial<Omit<OperationCase, "name" | "domain">>;

function row(
  name: keyof typeof operations,
  domain: OperationCase["domain"],
  rest: Rest = {},
): OperationCase {
  return {
    name,
    domain,
    apply: operations[name] as OperationCase["apply"],
    reference: Math[name as keyof Math] as OperationCase["reference"],
    tolerance: 0,
    kinkDistance: () => Infinity,
    ...rest,
  };
}

const R = [-3, 3] as const;
const WIDE = [-8, 8] as const;

export const operationTable: readonly OperationCase[] = [
  row("add", [R, R], { reference: (a, b) => a! + b! }),
  row("sub", [R, R], { reference: (a, b) => a! - b! }),
  row("mul", [R, R], { reference: (a, b) => a! * b! }),
  row("div", [R, R], {
    reference: (a, b) => a! / b!,
    kinkDistance: (_a, b) => Math.abs(b!),
  }),
  row("neg", [R], { reference: (x) => -x! }),
  row("square", [R], { reference: (x) => x! * x! }),
  row("pow", [[0.2, 3], R]),
  row("sqrt", [[0.2, 9]]),
  row("cbrt", [R], { kinkDistance: Math.abs }),
  row("hypot", [R, R], { kinkDistance: Math.hypot }),
  row("exp", [R]),
  row("expm1", [R]),
  row("log", [[0.2, 9]]),
  row("log1p", [[-0.8, 9]]),
  row("log2", [[0.2, 9]]),
  row("log10", [[0.2, 9]]),
  row("logAddExp", [WIDE, WIDE], {
    reference: (a, b) => Math.log(Math.exp(a!) + Math.exp(b!)),
    tolerance: 1e-14,
  }),
  row("sin", [WIDE]),
  row("cos", [WIDE]),
  row("tan", [[-1.3, 1.3]]),
  row("asin", [[-0.9, 0.9]]),
  row("acos", [[-0.9, 0.9]]),
  row("atan", [WIDE]),
  row("atan2", [R, R], {
    kinkDistance: (a, b) => b! < 0 ? Math.abs(a!) : Math.hypot(a!, b!),
  }),
  row("sinh", [R]),
  row("cosh", [R]),
  row("tanh", [R]),
  row("asinh", [WIDE]),
  row("acosh", [[1.2, 9]]),
  row("atanh", [[-0.9, 0.9]]),
  row("sigmoid", [WIDE], {
    reference: (x) => (1 + Math.tanh(x! / 2)) / 2,
    tolerance: 1e-14,
  }),
  row("softplus", [WIDE], {
    reference: (x) => Math.log(1 + Math.exp(x!)),
    tolerance: 1e-14,
  }),
  row("erf", [R], { reference: (x) => erfSeries(x!), tolerance: 1e-14 }),
  row("erfc", [R], { reference: (x) => 1 - erfSeries(x!), tolerance: 1e-14 }),
  row("lgamma", [[0.2, 6]], {
    reference: (x) => lgammaBySum(x!),
    tolerance: 1e-12,
  }),
  row("digamma", [[0.3, 6]], {
    reference: (x) => polygammaBySum(0, x!),
    tolerance: 1e-13,
  }),
  row("polygamma", [[0.5, 6]], {
    apply: (x) => operations.polygamma(2, x!),
    reference: (x) => polygammaBySum(2, x!),
    tolerance: 1e-13,
  }),
  row("relu", [R], {
    reference: (x) => x! > 0 ? x! : 0,
    kinkDistance: Math.abs,
  }),
  row("abs", [R], { kinkDistance: Math.abs }),
  row("sign", [R], { kinkDistance: Math.abs }),
  row("floor", [R], { kinkDistance: (x) => distanceToInteger(x!) }),
  row("ceil", [R], { kinkDistance: (x) => distanceToInteger(x!) }),
  row("round", [R], { kinkDistance: (x) => distanceToInteger(x! + 0.5) }),
  row("min", [R, R], { kinkDistance: (a, b) => gap(a!, b!) }),
  row("max", [R, R], { kinkDistance: (a, b) => gap(a!, b!) }),
  row("lt", [R, R], {
    reference: (a, b) => Number(a! < b!),
    kinkDistance: (a, b) => gap(a!, b!),
  }),
  row("le", [R, R], {
    reference: (a, b) => Number(a! <= b!),
    kinkDistance: (a, b) => gap(a!, b!),
  }),
  row("gt", [R, R], {
    reference: (a, b) => Number(a! > b!),
    kinkDistance: (a, b) => gap(a!, b!),
  }),
  row("ge", [R, R], {
    reference: (a, b) => Number(a! >= b!),
    kinkDistance: (a, b) => gap(a!, b!),
  }),
  row("eq", [R, R], {
    reference: (a, b) => Number(a! === b!),
    kinkDistance: (a, b) => gap(a!, b!),
  }),
  row("clamp", [R, R, R], {
    reference: (x, low, high) => x! < low! ? low! : x! > high! ? high! : x!,
    // With the bounds in order, so that there is one meaning of the word.
    kinkDistance: (x, low, high) =>
      Math.min(gap(x!, low!), gap(x!, high!), high! - low!),
  }),
  row("select", [R, R, R], {
    reference: (condition, a, b) => condition === 0 ? b! : a!,
  }),
  row("sum", [R, R, R], {
    apply: (...xs) => operations.sum(xs),
    reference: (a, b, c) => a! + b! + c!,
  }),
  row("mean", [R, R, R], {
    apply: (...xs) => operations.mean(xs),
    reference: (a, b, c) => (a! + b! + c!) / 3,
  }),
  row("dot", [R, R, R, R], {
    apply: (...xs) => operations.dot(xs.slice(0, 2), xs.slice(2)),
    reference: (a, b, c, d) => a! * c! + b! * d!,
  }),
  row("logSumExp", [WIDE, WIDE, WIDE], {
    apply: (...xs) => operations.logSumExp(xs),
    reference: (...xs) =>
      Math.log(xs.reduce((total, x) => total + Math.exp(x), 0)),
    tolerance: 1e-14,
  }),
];
