import type { EngineName } from "../engines/engines.ts";
import {
  errorsOf,
  type Finding,
  type Subject,
  type Timing,
} from "./results.ts";
import type { Message, Selection, Times } from "./protocol.ts";

/** What workers said, by engine and workload. */
export class Outcomes {
  readonly #entries = new Map<string, Entry>();

  add(engine: EngineName, message: Message): void {
    if ("timed" in message) {
      this.#entry(engine, message.timed).times.push(message.times);
    } else if ("failed" in message) {
      this.#entry(engine, message.failed).failed = message.message;
    }
  }

  /** The longest first call of a workload, in milliseconds; infinite if it failed. */
  firstCall(engine: EngineName, selection: Selection): number {
    const { failed, times } = this.#entry(engine, selection);
    if (failed !== undefined || times.length === 0) return Infinity;
    return Math.max(...times.map(({ first }) => first));
  }

  /** All outcomes, in the order in which they came. */
  timings(): Timing[] {
    const entries = [...this.#entries.values()]
      .filter(({ times, failed }) => times.length > 0 || failed !== undefined);
    return entries.map((entry) => {
      const { engine, workload, size, times, failed } = entry;
      const last = times.at(-1);
      const findings = entries.flatMap((other): Finding[] => {
        const gradient = other.times.at(-1)?.gradient ?? [];
        return other.workload === workload && other.size === size &&
            gradient.length > 0
          ? [{ engine: other.engine, gradient }]
          : [];
      });
      const error = errorsOf(findings).get(engine);
      return {
        engine,
        workload,
        size,
        operations: last?.operations ?? 0,
        first: times.map(({ first }) => rounded(first)),
        total: times.map(({ total }) => rounded(total)),
        share: times.flatMap(({ share }) =>
          share === null ? [] : [rounded(share)]
        ),
        yardstick: times.map(({ yardstick }) => rounded(yardstick)),
        checksum: (last?.gradient ?? []).reduce((a, b) => a + b, 0),
        // What JSON can hold.
        error: error === undefined ? null : Math.min(error, Number.MAX_VALUE),
        ...(failed === undefined ? {} : { failed }),
      };
    });
  }

  #entry(engine: EngineName, [workload, size]: Selection): Entry {
    const key = `${engine}, ${workload} ${size}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, entry = { engine, workload, size, times: [] });
    }
    return entry;
  }
}

interface Entry extends Subject {
  readonly times: Times[];
  failed?: string;
}

function rounded(x: number): number {
  return Number(x.toPrecision(4));
}
