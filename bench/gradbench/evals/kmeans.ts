// k-means clustering: what points cost, and the direction of Newton's method.
import {
  compile,
  div,
  fold,
  grad,
  jvp,
  map,
  min,
  rows,
  type Scalar,
  square,
  sub,
  sum,
} from "../../../mod.ts";
import { Fields } from "../fields.ts";
import { type Eval, prepared } from "../protocol.ts";

type Centroids = readonly (readonly Scalar[])[];
type Points = Float64Array | readonly Scalar[];

/** The sum of each point's squared distance to the nearest centroid. */
export function cost(centroids: Centroids, points: Points): Scalar {
  const dimensions = centroids[0]!.length;
  return sum(
    map(
      rows(points, dimensions),
      (point) =>
        fold(centroids, Infinity as Scalar, (least, centroid) => {
          const squares = point.map((x, j) => square(sub(x, centroid[j]!)));
          return min(least, sum(squares));
        }),
    ),
  );
}

/**
 * The gradient over the second derivatives. The Hessian is diagonal, as no two
 * coordinates meet in a product: its product with ones is its diagonal, which
 * comes with the gradient.
 */
export function direction(centroids: Centroids, points: Points): Scalar[][] {
  const ones = centroids.map((centroid) => centroid.map(() => 1));
  const slope = grad(cost);
  const { value, tangent } = jvp((c: Centroids) => slope(c, points))(
    centroids,
    ones,
  );
  return value.map((row, k) => row.map((g, j) => div(g, tangent[k]![j]!)));
}

function read(input: unknown) {
  const fields = new Fields(input);
  const centroids = fields.matrix("centroids");
  const columns = centroids[0]?.length ?? 0;
  const points = fields.matrix("points", { columns });
  return { centroids, points: Float64Array.from(points.flat()) };
}

export const kmeans: Eval = {
  cost: (input) => {
    const { centroids, points } = read(input), compiled = compile(cost);
    return prepared(() => compiled(centroids, points));
  },
  dir: (input) => {
    const { centroids, points } = read(input), compiled = compile(direction);
    return prepared(() => compiled(centroids, points));
  },
};
