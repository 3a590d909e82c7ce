import {
  add,
  cos,
  div,
  dot,
  eq,
  mul,
  type Scalar,
  select,
  sin,
  sqrt,
  square,
  sub,
} from "../../mod.ts";

type Vector = readonly Scalar[];

/** Rodrigues' formula: a point turned about an axis, by an angle that is the axis's length. */
export function rotate(axis: Vector, point: Vector): Scalar[] {
  const squared = dot(axis, axis), still = eq(squared, 0);
  // Where there is no angle, the limits for one that vanishes: value and
  // derivative are right there, too.
  const angle = sqrt(select(still, 1, squared));
  const cosine = select(still, 1, cos(angle));
  const sine = select(still, 1, div(sin(angle), angle));
  // (1 − cos θ)/θ² without the cancellation.
  const versine = select(
    still,
    0.5,
    mul(2, square(div(sin(div(angle, 2)), angle))),
  );
  const along = mul(dot(axis, point), versine);
  const across = cross(axis, point);
  return point.map((x, k) =>
    add(
      add(mul(x, cosine), mul(across[k]!, sine)),
      mul(axis[k]!, along),
    )
  );
}

function cross(a: Vector, b: Vector): Scalar[] {
  return [0, 1, 2].map((k) => {
    const i = (k + 1) % 3, j = (k + 2) % 3;
    return sub(mul(a[i]!, b[j]!), mul(a[j]!, b[i]!));
  });
}
