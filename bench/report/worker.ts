/**
 * One engine, measured in a process of its own: what `collect.ts` runs.
 *
 * It is told the engine, the workloads and how to go about it in one JSON
 * argument, and prints a JSON line when it begins with a workload and another
 * when it is done.
 *
 * @module
 */
import { byHand } from "../engines/by_hand.ts";
import type { Differentiate, Engine, Result } from "../engines/engine.ts";
import { type EngineName, ENGINES, OURS } from "../engines/engines.ts";
import {
  chain,
  perceptron,
  rosenbrock,
  sharedSubexpressions,
  twoNumbers,
  type Workload,
  type WorkloadName,
  WORKLOADS,
} from "../workloads/workloads.ts";
import type { Message, Order, Times, Weight } from "./protocol.ts";
import { median } from "./results.ts";

const { gc } = globalThis as unknown as { gc: () => void };

/** The latest result; all went into the sum, so that none could be left out. */
let latest: Pick<Result, "value" | "gradient">;
let sink = 0;

function use({ value, gradient }: Result): void {
  latest = { value, gradient };
  sink += value + (gradient[gradient.length >> 1] ?? 0);
}

function nothing(): void {}

/** How long so many calls took, in milliseconds. */
function clock(run: Differentiate, calls: number): number {
  const start = performance.now();
  for (let k = 0; k < calls; k++) use(run(nothing));
  return performance.now() - start;
}

/** How long so many calls took, in milliseconds, and which part was their first half; null if they have no halves. */
function clockHalves(
  run: Differentiate,
  calls: number,
): { took: number; share: number | null } {
  let built = NaN, building = 0;
  const half = () => void (built = performance.now());
  const start = performance.now();
  for (let k = 0; k < calls; k++) {
    const begun = performance.now();
    use(run(half));
    building += built - begun;
  }
  const took = performance.now() - start;
  return { took, share: Number.isNaN(built) ? null : building / took };
}

// In milliseconds. A batch is long beside the clock's steps.
const BATCH = 4;
const WINDOW = 500;
const WARM_UP = 4000;
const SAMPLES = 250;
/** A call that takes longer is not repeated. */
const LONG = 3000;

/** Runs until a window is hardly better than the one before. */
function warmUp(run: Differentiate, calls: number): void {
  const end = performance.now() + WARM_UP;
  let before = Infinity;
  while (performance.now() < end) {
    const now = median(sample(WINDOW, 1, () => clock(run, calls)));
    if (now > 0.95 * before) return;
    before = now;
  }
}

/** How many calls make a batch. */
function batchOf(run: Differentiate): number {
  let calls = 1, took = clock(run, calls);
  while (took < BATCH) {
    calls *= took < BATCH / 8 ? 8 : 2;
    took = clock(run, calls);
  }
  return calls;
}

/** As many samples as there is time for, and at least so many. */
function sample<T>(time: number, least: number, take: () => T): T[] {
  const samples: T[] = [], until = performance.now() + time;
  while (samples.length < least || performance.now() < until) {
    samples.push(take());
  }
  return samples;
}

/** The chain of 1,000, differentiated by hand: what this machine does just now. */
const measureChain = byHand.prepare(chain(1000)) as Differentiate;

function yardstick(): number {
  const batches = Array.from({ length: 25 }, () => clock(measureChain, 200));
  return median(batches) / 200 * 1e3;
}

/** What a call takes once it is warm, in milliseconds, and which part of that is its first half. */
function timeCalls(
  run: Differentiate,
): { total: number; share: number | null } {
  const calls = batchOf(run);
  warmUp(run, calls);
  const halves = () => clockHalves(run, calls);
  const shareOf = (samples: readonly ReturnType<typeof halves>[]) =>
    samples[0]!.share === null
      ? null
      : median(samples.map(({ share }) => share!));
  if (calls === 1) {
    // Beside so long a call, the stopwatch is nothing.
    const samples = sample(SAMPLES, 3, halves);
    const total = median(samples.map(({ took }) => took));
    return { total, share: shareOf(samples) };
  }
  const samples = sample(SAMPLES, 3, () => clock(run, calls));
  return {
    total: median(samples) / calls,
    share: shareOf(sample(SAMPLES / 2.5, 3, halves)),
  };
}

/** What the yardstick takes, once it is warm. */
export function measureYardstick(): number {
  for (let k = 0; k < 20; k++) yardstick();
  return yardstick();
}

async function time(engine: Engine, workload: Workload): Promise<Times> {
  const { operations } = workload;
  const before = yardstick();
  gc();
  const start = performance.now();
  const run = await engine.prepare(workload);
  const { took, share } = clockHalves(run, 1);
  const first = performance.now() - start;

  // With no halves, a call may have been so long because it compiled.
  const times = took > LONG && share !== null
    ? { total: took, share }
    : timeCalls(run);
  const { value, gradient } = latest;
  const after = yardstick();

  return {
    operations,
    first,
    total: times.total * 1e6 / operations,
    // Of a short call, the clock itself would be too much.
    share: operations < 100 ? null : times.share,
    yardstick: (before + after) / 2,
    value,
    gradient: Array.from(gradient),
  };
}

async function weigh(engine: Engine, workload: Workload): Promise<Weight> {
  const { operations } = workload;
  gc();
  const resident = peakResident();
  const run = await engine.prepare(workload);
  // In a function of its own, whose frame then holds no graph any more.
  clock(run, 1);
  const peak = (peakResident() - resident) / operations;
  const before = alive();
  let between: number | null = null;
  const result = run(() => void (between = alive()));
  const after = alive();
  use(result);
  if (between === null) return { peak, built: null, differentiated: null };
  return {
    peak,
    built: (between - before) / operations,
    differentiated: (after - before) / operations,
  };
}

function alive(): number {
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** The most memory that this process has had; where the system does not tell, what it has. */
function peakResident(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]) * 1024;
  } catch {
    return Deno.memoryUsage().rss;
  }
}

/**
 * Makes the process one that has done other things: every workload, small, with
 * all operations; in this module, on all kinds of operand. A process that has
 * only ever seen one is compiled for just that, and its figures are nobody's.
 */
export async function live(name: EngineName): Promise<void> {
  const names = OURS.includes(name) ? OURS : [name];
  const small = [
    chain(100),
    rosenbrock(10),
    perceptron(2),
    sharedSubexpressions(10),
    twoNumbers(),
  ];
  const programs: Differentiate[] = [];
  for (const each of names) {
    const engine = await ENGINES[each]();
    for (const workload of small) {
      try {
        programs.push(await engine.prepare(workload));
      } catch {
        // What an engine cannot do is reported where that is measured.
      }
    }
  }
  const until = performance.now() + 500;
  for (let k = 0; k < 200 && performance.now() < until; k++) {
    for (const run of programs) {
      try {
        use(run(nothing));
      } catch {
        // As above.
      }
    }
  }
}

function print(message: Message): void {
  console.log(JSON.stringify(message));
}

if (import.meta.main) {
  const order: Order = JSON.parse(Deno.args[0]!);
  const engine = await ENGINES[order.engine]();
  measureYardstick();
  if (!order.fresh) await live(order.engine);
  const failed = new Set<WorkloadName>();
  let took: { name: WorkloadName; size: number; first: number } | undefined;
  for (const selection of order.workloads) {
    const [name, size] = selection;
    if (failed.has(name)) continue;
    print({ begin: selection });
    try {
      if (took?.name === name && took.first * size > order.limit * took.size) {
        throw new Error(
          `not tried: the first call of ${took.size} took ` +
            `${(took.first / 1e3).toFixed(1)} s`,
        );
      }
      const workload = WORKLOADS[name](size);
      if (order.task === "time") {
        const times = await time(engine, workload);
        took = { name, size, first: times.first };
        print({ timed: selection, times });
      } else {
        print({ weighed: selection, weight: await weigh(engine, workload) });
      }
    } catch (error) {
      failed.add(name);
      const { name: kind, message } = error as Error;
      const text = kind === "Error" ? message : `${kind}: ${message}`;
      print({ failed: selection, message: text });
    }
  }
  // Never 1; but who compiles this cannot know that nobody needs the sum.
  Deno.exit(sink === 0.123 ? 1 : 0);
}
