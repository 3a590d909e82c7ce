// Bundle adjustment: how far the pictures that cameras take of points are from
// what was observed, and how far the weight of each observation is from 1.
import {
  add,
  compile,
  div,
  dot,
  map,
  mul,
  type Scalar,
  sparseJacobian,
  type SparseMatrix,
  square,
  sub,
} from "../../../mod.ts";
import { worthCompiling } from "../worth_compiling.ts";
import { Fields } from "../fields.ts";
import { type Eval, prepared } from "../protocol.ts";
import { rotate } from "../rotation.ts";

type Vector = readonly Scalar[];

/** A camera's numbers: rotation 3, centre 3, focal length 1, principal point 2, distortion 2. */
const CAMERA = 11;
/** The entries in the row of an error: a camera, a point and a weight. */
const ENTRIES = CAMERA + 3 + 1;

/** What is adjusted. */
export interface Scene {
  readonly cameras: readonly Vector[];
  readonly points: readonly Vector[];
  /** One per observation. */
  readonly weights: Vector;
}

/** Which camera took a picture of which point, and where it shows. */
export interface Observation {
  readonly camera: number;
  readonly point: number;
  readonly feature: readonly number[];
}

/** Two errors per observation, and one per weight. */
export function errors(
  { cameras, points, weights }: Scene,
  observations: readonly Observation[],
): { reprojections: Scalar[][]; weights: Scalar[] } {
  const pictures = observations.map(({ camera, point, feature }, i) => ({
    camera: cameras[camera]!,
    point: points[point]!,
    weight: weights[i]!,
    feature,
  }));
  return {
    reprojections: map(
      pictures,
      ({ camera, point, weight, feature }) =>
        project(camera, point).map((at, k) =>
          mul(weight, sub(at, feature[k]!))
        ),
    ),
    weights: map(weights, (weight) => sub(1, square(weight))),
  };
}

/** Where a camera shows a point. */
function project(camera: Vector, point: Vector): Scalar[] {
  const relative = point.map((x, k) => sub(x, camera[3 + k]!));
  const [x, y, z] = rotate(camera.slice(0, 3), relative);
  const flat = [div(x!, z!), div(y!, z!)];
  const r2 = dot(flat, flat);
  const distortion = add(
    1,
    add(mul(camera[9]!, r2), mul(camera[10]!, square(r2))),
  );
  return flat.map((each, k) =>
    add(mul(mul(each, distortion), camera[6]!), camera[7 + k]!)
  );
}

/** A sparse matrix as the eval wants it: with the zeros among the entries of a row. */
interface Blocks {
  readonly rows: Int32Array;
  readonly cols: Int32Array;
  readonly vals: Float64Array;
}

function blocksOf(
  matrix: SparseMatrix,
  observations: readonly Observation[],
  pointsAt: number,
  weightsAt: number,
): Blocks {
  const count = observations.length;
  const entries = (2 * ENTRIES + 1) * count;
  const rows = new Int32Array(3 * count + 1);
  const cols = new Int32Array(entries), vals = new Float64Array(entries);
  let at = 0;
  /** Both ascend; what the matrix does not have is 0. */
  const takeRow = (row: number, columns: Iterable<number>) => {
    let k = matrix.rowStarts[row]!;
    const end = matrix.rowStarts[row + 1]!;
    for (const column of columns) {
      cols[at] = column;
      if (k < end && matrix.columnIndices[k] === column) {
        vals[at] = matrix.values[k++]!;
      }
      at++;
    }
    rows[row + 1] = at;
  };
  for (const [i, { camera, point }] of observations.entries()) {
    const columns = Array.from(
      { length: ENTRIES },
      (_, k) =>
        k < CAMERA
          ? CAMERA * camera + k
          : k < CAMERA + 3
          ? pointsAt + 3 * point + k - CAMERA
          : weightsAt + i,
    );
    takeRow(2 * i, columns);
    takeRow(2 * i + 1, columns);
  }
  for (let i = 0; i < count; i++) takeRow(2 * count + i, [weightsAt + i]);
  return { rows, cols, vals };
}

function read(input: unknown) {
  const fields = new Fields(input);
  const [n, m, p] = ["n", "m", "p"].map((name) => fields.whole(name, 1));
  const camera = fields.numbers("cam", CAMERA), point = fields.numbers("x", 3);
  const weight = fields.number("w"), feature = fields.numbers("feat", 2);
  const copies = <T>(count: number, of: T) =>
    Array.from({ length: count }, () => of);
  const observations = Array.from({ length: p! }, (_, i): Observation => ({
    camera: i % n!,
    point: i % m!,
    feature,
  }));
  return {
    scene: {
      cameras: copies(n!, camera),
      points: copies(m!, point),
      weights: copies(p!, weight),
    },
    observations,
    f: (scene: Scene) => errors(scene, observations),
    pointsAt: CAMERA * n!,
    weightsAt: CAMERA * n! + 3 * m!,
  };
}

/** What is transmitted of a long list: its first 30 numbers and the last. */
function ends(list: Int32Array | Float64Array): number[] {
  return [...list.subarray(0, 2 * ENTRIES), list.at(-1)!];
}

export const ba: Eval = {
  objective: (input) => {
    const { f, scene } = read(input);
    return prepared(
      () => f(scene),
      ({ reprojections, weights }) => ({
        reproj_error: {
          elements: reprojections[0],
          repeated: reprojections.length,
        },
        w_err: { element: weights[0], repeated: weights.length },
      }),
    );
  },
  jacobian: (input) => {
    const { f, scene, observations, pointsAt, weightsAt } = read(input);
    const recorded = sparseJacobian(f);
    const matrixAt = worthCompiling(2 * ENTRIES * observations.length)
      ? compile(recorded)
      : recorded;
    return prepared(
      () => blocksOf(matrixAt(scene), observations, pointsAt, weightsAt),
      ({ rows, cols, vals }) => ({
        rows: ends(rows),
        cols: ends(cols),
        vals: ends(vals),
      }),
    );
  },
};
