import { ba } from "./evals/ba.ts";
import { det } from "./evals/det.ts";
import { gmm } from "./evals/gmm.ts";
import { hello } from "./evals/hello.ts";
import { ht } from "./evals/ht.ts";
import { kmeans } from "./evals/kmeans.ts";
import { llsq } from "./evals/llsq.ts";
import { lse } from "./evals/lse.ts";
import { lstm } from "./evals/lstm.ts";
import { ode } from "./evals/ode.ts";
import { particle } from "./evals/particle.ts";
import { saddle } from "./evals/saddle.ts";
import type { Eval } from "./protocol.ts";

/** All of GradBench's evals, by the names of their modules. */
export const EVALS: Readonly<Record<string, Eval>> = {
  hello,
  gmm,
  kmeans,
  llsq,
  lse,
  det,
  ode,
  lstm,
  ba,
  ht,
  particle,
  saddle,
};
