// Hand tracking: how far the surface of a hand in a pose is from measured points.
import {
  add,
  compile,
  cos,
  dot,
  map,
  mul,
  neg,
  type Scalar,
  sin,
  sparseJacobian,
  type SparseMatrix,
  sub,
  sum,
} from "../../../mod.ts";
import { worthCompiling } from "../worth_compiling.ts";
import { Fields } from "../fields.ts";
import { type Eval, prepared } from "../protocol.ts";
import { rotate } from "../rotation.ts";

type Vector = readonly Scalar[];
/** The upper three rows of a matrix of homogeneous coordinates; the fourth is 0, 0, 0, 1. */
type Affine = readonly Vector[];

/** A hand of bones and a skin. */
export interface Hand {
  readonly bones: readonly {
    /** Which bone this one hangs on, one before it; −1 for none. */
    readonly parent: number;
    /** Where it is with respect to that. */
    readonly relative: Affine;
    /** From where it is in the hand at rest, back to the origin. */
    readonly inverse: Affine;
  }[];
  readonly vertices: readonly {
    /** Where it is in the hand at rest, in homogeneous coordinates. */
    readonly position: readonly number[];
    /** Which bones move it, and how much; as many for each vertex. */
    readonly influences: readonly {
      readonly bone: number;
      readonly weight: number;
    }[];
  }[];
  /** Whether it is the other hand. */
  readonly mirrored: boolean;
}

/** A measured point, and the vertices whose mean it is compared with: one, or a triangle. */
export interface Correspondence {
  readonly point: readonly number[];
  readonly vertices: readonly number[];
}

/** What is adjusted. */
export interface Pose {
  /** Where in its triangle each point lies: two coordinates each. Empty for points at vertices. */
  readonly us: readonly Vector[];
  /** Rotation 3, translation 3, and four angles for each of five fingers. */
  readonly theta: Vector;
}

const FINGERS = 5;

/** Three errors per point. */
export function errors(
  { us, theta }: Pose,
  hand: Hand,
  correspondences: readonly Correspondence[],
): Scalar[][] {
  const skin = skinOf(theta, hand, correspondences);
  const pairs = correspondences.map(({ point, vertices }, i) => ({
    point,
    corners: vertices.map((v) => skin.get(v)!),
    u: us[i] ?? [],
  }));
  return map(pairs, ({ point, corners, u }) => {
    const shares = corners.length === 1
      ? [1]
      : [...u, sub(sub(1, u[0]!), u[1]!)];
    return point.map((x, k) =>
      sub(x, sum(shares.map((share, c) => mul(share, corners[c]![k]!))))
    );
  });
}

/** Where the vertices that something is compared with are in a pose. */
function skinOf(
  theta: Vector,
  { bones, vertices, mirrored }: Hand,
  correspondences: readonly Correspondence[],
): Map<number, Vector> {
  const absolutes: Affine[] = [];
  for (const [b, { parent, relative }] of bones.entries()) {
    const bent = bend(relative, anglesOf(theta, b));
    absolutes.push(parent < 0 ? bent : product(absolutes[parent]!, bent));
  }
  const moves = bones.map(({ inverse }, b) => product(absolutes[b]!, inverse));

  // A rotation is known by where it takes the axes.
  const axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const columns = axes.map((axis) => rotate(theta.slice(0, 3), axis));
  const rotation = axes.map((_, k) => columns.map((column) => column[k]!));

  const used = [...new Set(correspondences.flatMap((each) => each.vertices))];
  const influenced = used.map((v) => ({
    position: vertices[v]!.position,
    influences: vertices[v]!.influences.map(({ bone, weight }) => ({
      weight,
      move: moves[bone]!,
    })),
  }));
  const places = map(influenced, ({ position, influences }) => {
    const placed = [0, 1, 2].map((k) =>
      sum(
        influences.map(({ weight, move }) =>
          mul(weight, dot(move[k]!, position))
        ),
      )
    );
    if (mirrored) placed[0] = neg(placed[0]!);
    return rotation.map((row, k) => add(dot(row, placed), theta[3 + k]!));
  });
  return new Map(used.map((v, i) => [v, places[i]!]));
}

/** How a bone is bent in its joint: up and down, and sideways. The first of a finger, as the wrist and arm, is not. */
function anglesOf(theta: Vector, bone: number): Vector {
  const finger = Math.floor((bone - 1) / 4), joint = (bone - 1) % 4;
  if (bone < 1 || finger >= FINGERS || joint === 0) return [];
  const at = 6 + 4 * finger;
  return joint === 1 ? [theta[at]!, theta[at + 1]!] : [theta[at + joint]!];
}

/** A transform after a turn by the first angle about x and then by the second about z. */
function bend(transform: Affine, [about, sideways]: Vector): Affine {
  let columns = [0, 1, 2, 3].map((k) => transform.map((row) => row[k]!));
  const turn = (i: number, j: number, angle: Scalar) => {
    const [a, b] = [columns[i]!, columns[j]!], c = cos(angle), s = sin(angle);
    columns = columns.with(i, a.map((x, k) => add(mul(x, c), mul(b[k]!, s))))
      .with(j, b.map((x, k) => sub(mul(x, c), mul(a[k]!, s))));
  };
  if (sideways !== undefined) turn(0, 1, sideways);
  if (about !== undefined) turn(1, 2, about);
  return [0, 1, 2].map((k) => columns.map((column) => column[k]!));
}

/** One transform after the other. */
function product(a: Affine, b: Affine): Affine {
  return a.map(([x, y, z, w]) =>
    [0, 1, 2, 3].map((k) => {
      const moved = dot([x!, y!, z!], [b[0]![k]!, b[1]![k]!, b[2]![k]!]);
      return k === 3 ? add(moved, w!) : moved;
    })
  );
}

function read(input: unknown) {
  const fields = new Fields(input);
  const data = fields.object("data"), model = data.object("model");
  const names = model.strings("bone_names"), count = names.length;
  const parents = model.wholes("parents", -1, count, count);
  // So that a bone's place is known before those that hang on it.
  const early = parents.findIndex((parent, b) => parent >= b);
  if (early >= 0) {
    throw new RangeError(
      `Cannot evaluate: the input.data.model.parents[${early}] is ` +
        `${parents[early]}, expected less than ${early}`,
    );
  }
  const square = { rows: 4, columns: 4 };
  const relatives = model.matrices("base_relatives", count, square);
  const inverses = model.matrices("inverse_base_absolutes", count, square);
  const positions = model.matrix("base_positions", { columns: 4 });
  const weights = model.matrix("weights", {
    rows: positions.length,
    columns: count,
  });
  const influences = influencesOf(weights);
  const hand: Hand = {
    bones: parents.map((parent, b) => ({
      parent,
      relative: relatives[b]!.slice(0, 3),
      inverse: inverses[b]!.slice(0, 3),
    })),
    vertices: positions.map((position, v) => ({
      position,
      influences: influences[v]!,
    })),
    mirrored: model.flag("is_mirrored"),
  };
  const points = data.matrix("points", { columns: 3 });
  const us = fields.matrix("us", { columns: 2 });
  if (us.length > 0 && us.length !== points.length) {
    throw new RangeError(
      `Cannot evaluate: the input.us has ${us.length} elements, ` +
        `expected none or ${points.length}`,
    );
  }
  const { length } = positions;
  const triangles = model.wholeMatrix("triangles", 0, length, { columns: 3 });
  const ends = us.length === 0 ? length : triangles.length;
  const indices = data.wholes("correspondences", 0, ends, points.length);
  const correspondences = points.map((point, i): Correspondence => ({
    point,
    vertices: us.length === 0 ? [indices[i]!] : triangles[indices[i]!]!,
  }));
  const theta = fields.numbers("theta", 6 + 4 * FINGERS);
  return {
    pose: { us, theta },
    f: (pose: Pose) => errors(pose, hand, correspondences),
    /** How many derivatives there are. */
    count: 3 * points.length * (theta.length + 2),
  };
}

/** What moves each vertex: the bones of a weight, and as many as at the vertex that has most. */
function influencesOf(
  weights: readonly (readonly number[])[],
): Hand["vertices"][number]["influences"][] {
  const lists = weights.map((row) =>
    row.flatMap((weight, bone) => weight === 0 ? [] : [{ bone, weight }])
  );
  const most = Math.max(...lists.map(({ length }) => length));
  return lists.map((list) => [
    ...list,
    ...Array.from(
      { length: most - list.length },
      () => ({ bone: 0, weight: 0 }),
    ),
  ]);
}

/** The Jacobian as the eval wants it: of the coordinates in triangles, only those of the row's own point. */
function rowsOf(matrix: SparseMatrix, points: number): number[][] {
  const own = 2 * points;
  return Array.from({ length: matrix.rows }, (_, r) => {
    const point = 2 * Math.floor(r / 3), shared = points === 0 ? 0 : 2;
    const row = new Array<number>(shared + matrix.columns - own).fill(0);
    for (let k = matrix.rowStarts[r]!; k < matrix.rowStarts[r + 1]!; k++) {
      const column = matrix.columnIndices[k]!;
      row[column < own ? column - point : column - own + shared] = matrix
        .values[k]!;
    }
    return row;
  });
}

export const ht: Eval = {
  objective: (input) => {
    const { pose, f } = read(input);
    return prepared(() => f(pose), (errors) => errors.flat());
  },
  jacobian: (input) => {
    const { pose, f, count } = read(input);
    const recorded = sparseJacobian(f);
    const matrixAt = worthCompiling(count) ? compile(recorded) : recorded;
    return prepared(() => rowsOf(matrixAt(pose), pose.us.length));
  },
};
